package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// maxBacklog is how much of the log waits for a user who has stopped the terminal, in bytes. The rest stays in the pod.
const maxBacklog = 1 << 20

// closeLimit is how long the end of a session waits for the log.
const closeLimit = time.Second

// maxEvent is more than the length of any event in bytes: Kubernetes keeps 4096 of a result.
const maxEvent = 64 << 10

var errLongEvent = fmt.Errorf("the builder pod sent an event of more than %d bytes", maxEvent)

// transcript is everything received from the supervisor, over any number of connections.
type transcript struct {
	*Session
	log io.Writer

	mu        sync.Mutex
	offset    int64        // bytes of the log written
	bytes     int64        // bytes received, log and events
	handled   int          // events handled
	result    *resultEvent // the last event
	delivered bool         // the outcome has been delivered
	refused   bool         // an event was an error; no later one may start the upload
}

func (t *transcript) received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

func (t *transcript) position() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offset
}

func (t *transcript) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deliver(Result{}, err)
}

func (t *transcript) deliver(r Result, err error) {
	if !t.delivered {
		t.delivered = true
		t.outcome <- Outcome{r, err}
	}
}

// deliverResult waits for the whole log: the result and the log arrive in different streams.
func (t *transcript) deliverResult() {
	if t.result != nil && t.offset >= t.result.logBytes {
		t.deliver(t.result.parse())
	}
}

// followStream is one exec's part of the transcript. A closed one ignores what it receives: the exec can still write while the next
// one resumes.
type followStream struct {
	*transcript
	onData  func()
	catchUp func() // called when the log can take what it could not take before
	seen    int    // events of this stream, which starts with those that earlier ones had
	line    []byte
	behind  bool // the log could not take a part of this stream
	closed  atomic.Bool
}

func (t *transcript) open(onData, catchUp func()) *followStream {
	return &followStream{transcript: t, onData: onData, catchUp: catchUp}
}

// close waits for a write to the log that has begun. Once ctx has ended it does not wait for long: the log can be a pager that has stopped.
func (f *followStream) close(ctx context.Context) {
	f.closed.Store(true)
	idle := make(chan struct{})
	go func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		close(idle)
	}()
	select {
	case <-idle:
		return
	case <-ctx.Done():
	}
	select {
	case <-idle:
	case <-time.After(closeLimit):
	}
}

type sinkFunc func(p []byte)

func (w sinkFunc) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// stdout takes the log. It drops the errors of the log's writer: a log that can't be shown must not end the build.
func (f *followStream) stdout() io.Writer {
	return f.locked(func(p []byte) {
		if f.behind = f.behind || f.backlog() > maxBacklog; f.behind {
			f.leftBehind.Store(true)
			return // read again later
		}
		_, _ = f.log.Write(p)
		f.offset += int64(len(p))
	})
}

// backlog returns how many bytes the log has not shown yet, if it can tell. If the user stops the terminal or the pager, the log takes no more than
// maxBacklog of them: its writer must never wait here, where the events arrive.
func (t *transcript) backlog() int {
	if held, ok := t.log.(interface{ Backlog() int }); ok {
		return held.Backlog()
	}
	return 0
}

// stderr takes the events, one per line.
func (f *followStream) stderr() io.Writer {
	return f.locked(func(p []byte) {
		f.line = append(f.line, p...)
		for {
			line, rest, ok := bytes.Cut(f.line, []byte("\n"))
			if !ok {
				break
			}
			f.line = rest
			f.onLine(string(line))
		}
		if len(f.line) > maxEvent {
			f.line = nil
			f.deliver(Result{}, errLongEvent)
		}
	})
}

func (f *followStream) locked(take sinkFunc) io.Writer {
	return sinkFunc(func(p []byte) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.closed.Load() {
			return
		}
		err := panics.Do(func() error {
			f.onData()
			f.bytes += int64(len(p))
			take(p)
			if f.behind && f.backlog() == 0 {
				f.catchUp()
			}
			f.deliverResult()
			return nil
		})
		if err != nil {
			f.deliver(Result{}, err)
		}
	})
}

func (f *followStream) onLine(line string) {
	name, arguments, _ := strings.Cut(line, " ")
	// Whatever else a stream has, such as the complaint of a shell that can't start the supervisor yet, the next stream does not repeat.
	if !f.isEvent(name) || f.refused {
		return
	}
	if f.seen++; f.seen <= f.handled {
		return
	}
	f.handled = f.seen
	err := f.onEvent(line)
	if name == eventResult {
		var result resultEvent
		result, err = parseResultEvent(arguments)
		f.result = &result
	}
	if err != nil {
		f.deliver(Result{}, err)
		f.refused = true
	}
}

// isEvent reports whether a word of the supervisor's is an event that every connection has, in the same order.
func (s *Session) isEvent(name string) bool {
	_, known := s.onEvents[name]
	return known || name == eventResult
}
