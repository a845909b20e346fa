package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

const (
	// aliveLimit is how long a connection can be silent: the supervisor sends a sign of life about every five seconds.
	aliveLimit = 30 * time.Second
	// shortestTry is how long the first new connection can be silent at least, also where the grace period ends sooner.
	shortestTry = 10 * time.Second
	// firstFollowPause and lastFollowPause bound the pause before the log is followed again.
	firstFollowPause, lastFollowPause = 50 * time.Millisecond, 2 * time.Second
	// stableAfter is how long a connection must have lasted for the next one to follow without a longer pause.
	stableAfter = 3 * time.Second
)

var (
	errEnded  = errors.New("the connection ended")
	errBehind = errors.New("the log can be shown again")
)

// silentError says that a connection was open, and nothing came.
type silentError struct{ limit time.Duration }

func (e *silentError) Error() string {
	return fmt.Sprintf("nothing heard for %s", e.limit.Round(time.Second))
}

// LostError reports that the pod was not reached again within the grace period, after which it ends by itself.
type LostError struct {
	Grace time.Duration
	Err   error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("follow the build: the builder pod was out of reach for %s: %v", e.Grace, e.Err)
}

// Unwrap returns the last connection's error.
func (e *LostError) Unwrap() error { return e.Err }

// Follow copies the job's log to log and holds the leash until ctx ends. It resumes at the byte at which a connection broke off. A log that has a method
// Backlog is not written to while too much of it is not shown yet.
// Result delivers the outcome once the whole log has been written, or an error once the pod has been out of reach for the grace period.
func (s *Session) Follow(ctx context.Context, log io.Writer) {
	t := &transcript{Session: s, log: log}
	pause, last, heard, shortest := firstFollowPause, time.Now(), time.Now(), shortestTry
	// out is how long the pod has been out of reach. A connection can be silent while the pod still receives the signs of life of this client, so the
	// time of the silence counts only if the node is lost.
	out := func() time.Duration {
		if s.nodeLost.Load() {
			return time.Since(heard)
		}
		return time.Since(last)
	}
	for ctx.Err() == nil {
		before, start := t.received(), time.Now()
		err := s.followOnce(ctx, t, max(shortest, time.Second, min(aliveLimit, s.grace-out())))
		if ctx.Err() != nil {
			return // t can be in use, see close
		}
		if time.Since(start) > stableAfter {
			pause = firstFollowPause
		}
		if errors.Is(err, errBehind) {
			last, heard = time.Now(), time.Now()
			s.leftBehind.Store(false)
			continue
		}
		if t.received() > before {
			last, heard, shortest = time.Now(), time.Now(), shortestTry
			if silent := (*silentError)(nil); errors.As(err, &silent) {
				heard = heard.Add(-silent.limit)
			}
			s.onDisconnect(ctx, err)
		} else if shortest = 0; out() >= s.grace {
			t.fail(&LostError{s.grace, err})
			return
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastFollowPause)
		case <-ctx.Done():
		}
	}
}

// NodeLost tells Follow whether the control plane has lost the pod's node.
func (s *Session) NodeLost(lost bool) { s.nodeLost.Store(lost) }

// Watch is Follow without the leash: the supervisor does not count this client.
func (s *Session) Watch(ctx context.Context, log io.Writer) {
	s.withoutBeat = true
	s.Follow(ctx, log)
}

// onDisconnect does not report the end that Release brings about.
func (s *Session) onDisconnect(ctx context.Context, err error) {
	if ctx.Err() == nil && !closed(s.released) && s.handlers.Disconnected != nil {
		s.handlers.Disconnected(err)
	}
}

// beatInterval is how often the client renews the leash.
func (s *Session) beatInterval() time.Duration {
	if s.withoutBeat {
		return time.Duration(math.MaxInt64)
	}
	return max(s.grace/6, 100*time.Millisecond)
}

// followOnce follows the log over one exec until the connection fails or falls silent, or ctx ends. Its first data must come within first.
func (s *Session) followOnce(parent context.Context, t *transcript, first time.Duration) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var limit atomic.Int64
	limit.Store(int64(first))
	silence := time.AfterFunc(first, func() { cancel(&silentError{time.Duration(limit.Load())}) })
	defer silence.Stop()
	leash := newLeash(s.beatInterval(), s.released, s.detaching)
	defer leash.Close()
	f := t.open(func() {
		limit.Store(int64(aliveLimit))
		silence.Reset(aliveLimit)
	}, func() { cancel(errBehind) })
	defer f.close(parent)
	err := s.run(ctx, verb("follow", strconv.FormatInt(t.position(), 10)),
		exec.Streams{Stdin: leash, Stdout: f.stdout(), Stderr: f.stderr()})
	switch {
	case errors.Is(context.Cause(ctx), errBehind):
		return errBehind
	case err == nil:
		return errEnded
	default:
		return err
	}
}
