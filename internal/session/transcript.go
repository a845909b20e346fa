package session

import (
	"bytes"
	"io"
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// transcript is what has been heard of the supervisor, over however many connections.
type transcript struct {
	*Session
	log io.Writer

	mu     sync.Mutex
	offset int64   // bytes of the log written
	bytes  int64   // bytes heard of any kind
	events int     // events taken
	end    *ending // the last event
	told   bool    // the result has been delivered
}

func (t *transcript) heard() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

func (t *transcript) position() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offset
}

func (t *transcript) conclude(r Result, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deliver(r, err)
}

func (t *transcript) deliver(r Result, err error) {
	if !t.told {
		t.told = true
		t.outcome <- Outcome{r, err}
	}
}

// settle delivers the result once it and all of the log before it are here: they travel in streams of their own.
func (t *transcript) settle() {
	if t.end != nil && t.offset >= t.end.logBytes {
		t.deliver(t.end.parse())
	}
}

// connection is one exec's part in the transcript. After close it takes nothing more: an exec that was given up may
// still be writing while the next one resumes.
type connection struct {
	*transcript
	alive  func()
	seen   int // events of this connection, which repeats those of earlier ones
	line   []byte
	closed bool
}

func (t *transcript) connect(alive func()) *connection {
	return &connection{transcript: t, alive: alive}
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// stdout takes the log. What can't be shown is no reason to lose the build, so errors of the log's writer are dropped.
func (c *connection) stdout() io.Writer {
	return c.guarded(func(p []byte) {
		_, _ = c.log.Write(p)
		c.offset += int64(len(p))
	})
}

// stderr takes the events, one a line.
func (c *connection) stderr() io.Writer {
	return c.guarded(func(p []byte) {
		c.line = append(c.line, p...)
		for {
			line, rest, ok := bytes.Cut(c.line, []byte("\n"))
			if !ok {
				return
			}
			c.line = rest
			c.take(string(line))
		}
	})
}

func (c *connection) guarded(take writer) io.Writer {
	return writer(func(p []byte) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			return
		}
		err := panics.Do(func() error {
			c.alive()
			c.bytes += int64(len(p))
			take(p)
			c.settle()
			return nil
		})
		if err != nil {
			c.deliver(Result{}, err)
		}
	})
}

func (c *connection) take(line string) {
	if line == "alive" {
		return
	}
	if c.seen++; c.seen <= c.events {
		return
	}
	c.events = c.seen
	end, err := c.event(line)
	if err != nil {
		c.deliver(Result{}, err)
	}
	if end != nil {
		c.end = end
	}
}
