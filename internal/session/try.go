package session

import (
	"archive/tar"
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

// try is one exec that carries the upload.
type try struct {
	*Session
	n     int
	flow  *flow
	begun chan struct{} // closed when the pod has said that it takes this one
}

// repeatable says whether there can be another try.
func (t *try) repeatable(p Payload) bool { return !p.Once || !closed(t.begun) }

// reached says whether the pod may have had anything of this try.
func (t *try) reached(err error) bool {
	return closed(t.begun) || t.flow.total.Load() > 0 || errors.Is(err, errUnverified)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (t *try) upload(ctx context.Context, p Payload, sent func(total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, w := io.Pipe()
	t.flow = &flow{w: w, report: sent, moved: t.feelPulse}
	frames := exec.NewFrameWriter(t.flow)
	ran, produced := make(chan error, 1), make(chan error, 1)
	go func() {
		err := t.run(ctx, verb("receive", strconv.Itoa(t.n)), exec.Streams{Stdin: r, Stdout: io.Discard, Stderr: io.Discard})
		r.CloseWithError(errStreamEnded)
		ran <- err
	}()
	var producer sync.WaitGroup
	producer.Go(func() {
		err := panics.Do(func() error { return t.produce(ctx, frames, p) })
		w.CloseWithError(err) // nil: end of file
		produced <- err
	})
	err := t.verdict(ctx, ran, produced)
	r.CloseWithError(errStreamEnded)
	if err == nil || !p.Once { // an archive on stdin may never go on, and is not sent again
		producer.Wait()
	}
	if streamed := (*exec.StreamError)(nil); errors.As(err, &streamed) || errors.Is(err, errUnverified) {
		return &UploadError{frames.Bytes(), err}
	}
	return err
}

// errUnverified marks every end of an upload in which the supervisor did not say that all is there.
var errUnverified = errors.New("not verified")

// verdict waits for whoever knows first how the upload ended.
func (t *try) verdict(ctx context.Context, ran, produced <-chan error) error {
	var launch, patience <-chan time.Time
	silence := time.NewTimer(t.limits.silence)
	defer silence.Stop()
	connected := t.connected
	for {
		select {
		case <-connected:
			launch, connected = time.After(t.limits.launching), nil
		case w := <-t.words:
			switch {
			case w.name == wordUploaded:
				return nil
			case w.try != t.n: // of an earlier one
			case w.name == wordReceiving:
				launch, connected = nil, nil
				t.begin()
			case w.name == wordFull:
				return &FullError{w.reason}
			default:
				return fmt.Errorf("%w: %s", errUnverified, w.reason)
			}
		case err := <-produced:
			if err != nil && !errors.Is(err, errStreamEnded) {
				return err
			}
			produced = nil
		case err := <-ran:
			// An exit code comes with the pod's own words, if those are not here yet.
			if exit := (*exec.ExitError)(nil); err != nil && produced != nil && !errors.As(err, &exit) {
				return err
			}
			if produced != nil {
				patience = time.After(refusal)
			}
			ran = nil
		case <-launch:
			return fmt.Errorf("%w: the pod did not begin to take it within %s", errUnverified, t.limits.launching)
		case <-patience:
			return fmt.Errorf("%w: %w", errUnverified, errStreamEnded)
		case <-t.pulse:
			silence.Reset(t.limits.silence)
		case <-silence.C:
			if produced == nil || t.flow.waiting.Load() {
				return fmt.Errorf("%w: the pod took nothing for %s", errUnverified, t.limits.silence)
			}
			silence.Reset(t.limits.silence) // it is the payload that takes its time
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (t *try) begin() {
	if !closed(t.begun) {
		close(t.begun)
	}
}

// produce writes the payload. One that can't be written again is held back until there is somebody to take it.
func (t *try) produce(ctx context.Context, frames *exec.FrameWriter, p Payload) error {
	if p.Once {
		select {
		case <-t.begun:
		case <-ctx.Done():
			return errStreamEnded
		}
	}
	return produce(frames, p.Write)
}

func produce(frames *exec.FrameWriter, payload func(*tar.Writer) error) error {
	t := tar.NewWriter(frames)
	if err := payload(t); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	return frames.Finish()
}
