package session

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

const (
	// confirmation bounds how long the pod may take to say that an upload is whole after all of it was sent.
	confirmation = 2 * time.Minute
	// stuck is how long the pod may take nothing of an upload that has more to send.
	stuck = time.Minute
	// refusal bounds how long to wait for the pod's reason when it stopped reading early.
	refusal = 5 * time.Second
)

var errStreamEnded = errors.New("the stream ended early")

// UploadError says that an upload broke on its way or did not verify. Nothing was built from it.
type UploadError struct {
	Sent int64 // bytes
	Err  error
}

func (e *UploadError) Error() string {
	return fmt.Sprintf("send the build context (%d bytes sent): %v", e.Sent, e.Err)
}

// Unwrap returns the cause.
func (e *UploadError) Unwrap() error { return e.Err }

// Upload streams what payload writes into the pod and returns once the supervisor has verified it. What the exec
// itself returns decides nothing: it can hang, and it can end well on a stream that was cut. An error of payload's own
// is returned as it is.
func (s *Session) Upload(ctx context.Context, payload func(*tar.Writer) error, sent func(total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	r, w := io.Pipe()
	giveUp := func() { cancel(fmt.Errorf("%w: the pod took nothing for %s", errUnverified, stuck)) }
	frames := exec.NewFrameWriter(&counter{w: w, report: sent, stuck: giveUp})
	ran, produced := make(chan error, 1), make(chan error, 1)
	go func() {
		err := s.run(ctx, verb("receive"), exec.Streams{Stdin: r, Stdout: io.Discard, Stderr: io.Discard})
		r.CloseWithError(errStreamEnded)
		ran <- err
	}()
	go func() {
		err := produce(frames, payload)
		w.CloseWithError(err) // nil: end of file
		produced <- err
	}()
	err := s.verdict(ctx, ran, produced)
	cancel(nil)
	if streamed := (*exec.StreamError)(nil); errors.As(err, &streamed) || errors.Is(err, errUnverified) {
		return &UploadError{frames.Bytes(), err}
	}
	return err
}

// errUnverified marks every end of an upload in which the supervisor did not say that all is there.
var errUnverified = errors.New("not verified")

// verdict waits for whoever knows first how the upload ended.
func (s *Session) verdict(ctx context.Context, ran <-chan error, produced <-chan error) error {
	var patience <-chan time.Time
	for {
		select {
		case err := <-s.verified:
			return err
		case err := <-produced:
			if err != nil && !errors.Is(err, errStreamEnded) {
				return err
			}
			patience, produced = time.After(confirmation), nil
		case err := <-ran:
			if err != nil && produced != nil {
				return err
			}
			if produced != nil {
				patience = time.After(refusal)
			}
			ran = nil
		case <-patience:
			return fmt.Errorf("%w: the pod did not confirm it", errUnverified)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
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

// portion is how many bytes are written at once: few enough that a slow link shows progress.
const portion = 64 << 10

// counter reports how many bytes have passed, and when none do.
type counter struct {
	w      io.Writer
	total  int64
	report func(int64)
	stuck  func()
}

func (c *counter) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		watchdog := time.AfterFunc(stuck, c.stuck)
		n, err := c.w.Write(p[done:min(len(p), done+portion)])
		watchdog.Stop()
		done += n
		c.total += int64(n)
		c.report(c.total)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
