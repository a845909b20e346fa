package session

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// uploadTry is one exec that carries the upload.
type uploadTry struct {
	*Session
	n     int // from 1
	out   *progressWriter
	sends *exec.FrameWriter
	begun chan struct{} // closed when the pod begins to read this try
	whole bool          // the payload was written to its end
}

// errNotVerified marks every upload that the supervisor did not confirm.
var errNotVerified = errors.New("not verified")

// repeatable reports whether another try can help: the payload can be sent again, or the pod may have taken all of it.
func (t *uploadTry) repeatable(p Payload) bool { return !p.Once || !closed(t.begun) || t.whole }

// question is the payload of a try that only asks whether the pod has taken an earlier one. A pod that has not begins to read, which is the answer.
func question(earlier error) Payload {
	return Payload{Once: true, asks: true, Write: func(*tar.Writer) error { return earlier }}
}

// reachedPod reports whether the pod can have received a part of this try.
func (t *uploadTry) reachedPod(err error) bool {
	return closed(t.begun) || t.out.total.Load() > 0 || errors.Is(err, errNotVerified)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (t *uploadTry) upload(ctx context.Context, p Payload, sent func(total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, w := io.Pipe()
	t.out = &progressWriter{w: w, report: sent, onWrite: func() { notify(t.progress) }}
	t.sends = exec.NewFrameWriter(t.out)
	ran, written := make(chan error, 1), make(chan error, 1)
	go func() {
		err := t.run(ctx, t.receive(p), exec.Streams{Stdin: r, Stdout: io.Discard, Stderr: io.Discard})
		r.CloseWithError(errStreamEnded)
		ran <- err
	}()
	var writing sync.WaitGroup
	writing.Go(func() {
		err := panics.Do(func() error { return t.write(ctx, p) })
		written <- err        // before the pod can see the end, and complain of it
		w.CloseWithError(err) // nil: end of file
	})
	err := t.wait(ctx, ran, written)
	r.CloseWithError(errStreamEnded)
	cancel(err)                // ends the wait of a payload that has not begun: the pod may have accepted an earlier try
	if err == nil || !p.Once { // an archive on stdin can block forever, and is not sent again
		writing.Wait()
	}
	if errors.As(err, new(*UploadError)) { // of the try that a question is about
		return err
	}
	if errors.As(err, new(*exec.StreamError)) || errors.Is(err, errNotVerified) {
		return &UploadError{t.sends.Bytes(), err}
	}
	return err
}

func (t *uploadTry) receive(p Payload) []string {
	if p.asks {
		return verb("receive", strconv.Itoa(t.n), "ask")
	}
	return verb("receive", strconv.Itoa(t.n))
}

// wait returns the outcome of the upload from the first of those who know it: the supervisor, the payload, the exec, or a limit.
func (t *uploadTry) wait(ctx context.Context, ran, written <-chan error) error {
	var begin, reason <-chan time.Time
	var broken error
	silence := time.NewTimer(t.limits.silence)
	defer silence.Stop()
	connected := t.connected
	for {
		select {
		case <-connected:
			begin, connected = time.After(t.limits.begin), nil
		case e := <-t.uploadEvents:
			switch {
			case e.name == uploadAccepted:
				return nil
			case e.try != t.n: // of an earlier try
			case e.name == uploadReceiving:
				begin, connected = nil, nil
				if e.reason == takesZstd {
					t.sends.UseZstd()
				}
				t.begin()
			case e.name == uploadDiskFull:
				return &FullError{e.reason}
			default:
				return cmp.Or(ownError(written), fmt.Errorf("%w: %s", errNotVerified, e.reason))
			}
		case err := <-written:
			if isOwn(err) {
				return err
			}
			written = nil
			if t.whole = err == nil; t.whole {
				reason = nil // the pod has it, or says why not
			} else if broken != nil {
				return broken
			}
		case err := <-ran:
			ran = nil
			if written == nil {
				break
			}
			// The pod's reason follows, if it is not here yet. A connection that broke can have carried everything.
			reason = time.After(reasonLimit)
			if broken = brokenBy(err); broken != nil && !closed(t.begun) {
				return broken
			}
		case <-begin:
			return fmt.Errorf("%w: the pod did not begin to take it within %s", errNotVerified, t.limits.begin)
		case <-reason:
			return cmp.Or(ownError(written), broken, fmt.Errorf("%w: %w", errNotVerified, errStreamEnded))
		case <-t.progress:
			silence.Reset(t.limits.silence)
		case <-t.waiting:
			silence.Reset(t.limits.silence)
			if begin != nil {
				begin = time.After(t.limits.begin)
			}
		case <-silence.C:
			if written == nil || t.out.blocked.Load() {
				return fmt.Errorf("%w: the pod took nothing for %s", errNotVerified, t.limits.silence)
			}
			silence.Reset(t.limits.silence) // the payload is slow, not the pod
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// ownError returns the error with which the payload has ended. It explains what the pod says of half a payload.
func ownError(written <-chan error) error {
	select {
	case err := <-written:
		if isOwn(err) {
			return err
		}
	default:
	}
	return nil
}

// isOwn reports whether err is the payload's own, and not the stream's.
func isOwn(err error) bool {
	return errors.As(err, new(*UploadError)) || err != nil && !errors.Is(err, errStreamEnded)
}

// brokenBy returns what broke the exec off, or nil for one that ended by itself.
func brokenBy(err error) error {
	if errors.As(err, new(*exec.ExitError)) {
		return nil
	}
	return err
}

func (t *uploadTry) begin() {
	if !closed(t.begun) {
		close(t.begun)
	}
}

// write writes the payload. One that can't be written again, or that needs a checked pod, waits until the pod reads.
func (t *uploadTry) write(ctx context.Context, p Payload) error {
	if p.Once || p.AfterCheck {
		select {
		case <-t.begun:
		case <-ctx.Done():
			return errStreamEnded
		}
	}
	return writeFrames(t.sends, p.Write)
}

func writeFrames(frames *exec.FrameWriter, payload func(*tar.Writer) error) error {
	t := tar.NewWriter(frames)
	if err := payload(t); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	return frames.Finish()
}
