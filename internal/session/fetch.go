package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

const (
	// sumLimit is how long the pod can take to begin to send a file: it reads all of it first.
	sumLimit = 10 * time.Minute
	// contentLimit is how long a file that is being sent can make no progress.
	contentLimit = time.Minute
)

var errStalled = errors.New("the pod sends nothing")

// Fetch copies a file of the pod to w, which receives at most limit bytes. It resumes at the byte at which a connection broke off, until the
// pod has been out of reach for the grace period. It returns nil only if the whole file arrived: it checks the length and the SHA-256.
func (s *Session) Fetch(ctx context.Context, path string, limit int64, w io.Writer) error {
	d := newDownload(w, limit)
	pause, progress, lost := firstFollowPause, time.Now(), time.Time{}
	for {
		position, signs := d.position(), d.signsOfLife()
		done, err := s.fetchOnce(ctx, path, d)
		if !done && ctx.Err() != nil {
			done, err = true, context.Cause(ctx)
		}
		now := time.Now()
		if d.position() > position {
			progress = now
		}
		if d.position() > position || d.signsOfLife() > signs {
			pause, lost = firstFollowPause, time.Time{}
		}
		if lost.IsZero() { // a connection can have been good for longer than the grace period
			lost = now
		}
		outOfReach := now.Sub(lost) >= s.grace || now.Sub(progress) > sumLimit
		if done || errors.As(err, new(*exec.ExitError)) || outOfReach {
			if err != nil {
				err = fmt.Errorf("fetch %s from the builder pod: %w", path, err)
			}
			return err
		}
		s.onDisconnect(ctx, err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastFollowPause)
		case <-ctx.Done():
		}
	}
}

// fetchOnce fetches over one exec. It returns whether the download is over, and its error; otherwise the reason for which the connection ended.
func (s *Session) fetchOnce(ctx context.Context, path string, d *download) (done bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	silence := time.AfterFunc(aliveLimit, func() { cancel(errStalled) })
	defer silence.Stop()
	summing := time.AfterFunc(sumLimit, func() { cancel(errStalled) })
	defer summing.Stop()
	stdin, release := io.Pipe() // keeps the remote process alive, so that the end of its output can't get lost
	part := d.open(func() { silence.Reset(aliveLimit) }, func() {
		summing.Stop()
		silence.Reset(contentLimit)
	})
	ran := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		ran <- s.run(ctx, verb("send", path, strconv.FormatInt(d.position(), 10)),
			exec.Streams{Stdin: stdin, Stdout: part.content(), Stderr: part.endMarker()})
	})
	defer running.Wait()
	defer cancel(nil)
	defer part.close()
	select {
	case err = <-d.complete:
		release.Close()
		return true, err
	case err = <-ran:
	}
	release.Close()
	select {
	case err = <-d.complete: // both were ready
		return true, err
	default:
	}
	if err == nil {
		err = errEnded
	}
	return false, err
}
