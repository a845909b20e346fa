package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

const (
	// stall is how long a connection may be silent: the supervisor says that it is alive every five seconds or so.
	stall = 30 * time.Second
	// firstRetry and lastRetry bound the pause before the log is followed again.
	firstRetry, lastRetry = 50 * time.Millisecond, 2 * time.Second
	// steady is how long a connection must have held for the next one to be tried without delay.
	steady = 3 * time.Second
)

var (
	errStalled = fmt.Errorf("nothing heard for %s", stall)
	errEnded   = errors.New("the connection ended")
)

// LostError says that the pod was not reached again within the grace period, after which it stops by itself.
type LostError struct {
	Grace time.Duration
	Err   error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("follow the build: the builder pod was out of reach for %s: %v", e.Grace, e.Err)
}

// Unwrap returns the last connection's error.
func (e *LostError) Unwrap() error { return e.Err }

// Follow copies the job's log to log and holds the leash until ctx ends. It resumes at the byte where a connection
// broke. The result is delivered once, by Result, when all of the log before it has been written; so is the error when
// the pod stays out of reach for the grace period.
func (s *Session) Follow(ctx context.Context, log io.Writer) {
	t := &transcript{Session: s, log: log}
	pause, last := firstRetry, time.Now()
	for ctx.Err() == nil {
		before, start := t.heard(), time.Now()
		err := s.attach(ctx, t)
		if time.Since(start) > steady {
			pause = firstRetry
		}
		if t.heard() > before {
			last = time.Now()
			s.disconnected(ctx, err)
		} else if time.Since(last) > s.grace {
			t.conclude(Result{}, &LostError{s.grace, err})
			return
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastRetry)
		case <-ctx.Done():
		}
	}
}

// Watch is Follow without the leash: the supervisor does not take this for a client.
func (s *Session) Watch(ctx context.Context, log io.Writer) {
	s.watching = true
	s.Follow(ctx, log)
}

// disconnected keeps quiet about the end that follows a goodbye.
func (s *Session) disconnected(ctx context.Context, err error) {
	if ctx.Err() == nil && !closed(s.goodbye) && s.notes.Disconnected != nil {
		s.notes.Disconnected(err)
	}
}

// beat is how often to tell the supervisor that its client lives.
func (s *Session) beat() time.Duration {
	if s.watching {
		return time.Duration(math.MaxInt64)
	}
	return max(s.grace/6, 100*time.Millisecond)
}

// attach follows the log over one exec until the connection fails, falls silent, or ctx ends.
func (s *Session) attach(ctx context.Context, t *transcript) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer silence.Stop()
	beats := newLeash(s.beat(), s.goodbye, s.leave)
	defer beats.Close()
	c := t.connect(func() { silence.Reset(stall) })
	defer c.close()
	err := s.run(ctx, verb("follow", strconv.FormatInt(t.position(), 10)),
		exec.Streams{Stdin: beats, Stdout: c.stdout(), Stderr: c.stderr()})
	if err == nil {
		err = errEnded
	}
	return err
}
