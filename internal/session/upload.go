package session

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"time"
)

// Limits of an upload. Tests have shorter ones.
const (
	// maxUploads is how often a payload is sent. A try that never reached the pod does not count: it is repeated for as long as the
	// pod waits for a client.
	maxUploads = 3
	// firstUploadPause is the pause before the second try; each further pause is twice as long, up to lastUploadPause.
	firstUploadPause, lastUploadPause = 500 * time.Millisecond, 4 * time.Second
	// beginLimit is how long the pod can take to begin to read an upload, from the supervisor's first event.
	beginLimit = 20 * time.Second
	// silenceLimit is how long an upload can make no progress, here or in the pod, while there is something to send or to verify.
	silenceLimit = time.Minute
	// reasonLimit is how long to wait for the pod's reason after it stopped reading early.
	reasonLimit = 5 * time.Second
)

// uploadLimits are the limits that tests shorten.
type uploadLimits struct{ begin, silence time.Duration }

var errStreamEnded = errors.New("the stream ended early")

// UploadError reports an upload that broke off or that the pod did not verify. Nothing was built from it.
type UploadError struct {
	Sent int64 // bytes
	Err  error
}

func (e *UploadError) Error() string {
	return fmt.Sprintf("send the build context (%d bytes sent): %v", e.Sent, e.Err)
}

// Unwrap returns the cause.
func (e *UploadError) Unwrap() error { return e.Err }

// FullError reports an upload that did not fit on the pod's disk.
type FullError struct{ Detail string }

func (e *FullError) Error() string { return "the builder pod's disk is full: " + e.Detail }

// Payload is the content of an upload.
type Payload struct {
	Write      func(*tar.Writer) error
	Once       bool // Write can be called only once
	AfterCheck bool // Write must not be called before the pod has passed the supervisor's check
}

// Upload streams the payload into the pod and returns once the supervisor has verified it. The exec's own end does not count: an exec
// can hang, and it can succeed with a stream that was cut off. Upload sends a payload again if it broke off and can be written again.
// An error of the payload itself is returned unchanged.
func (s *Session) Upload(ctx context.Context, p Payload, sent func(total int64)) error {
	sends, lastContact := 0, time.Now()
	for n, pause := 1, firstUploadPause; ; n, pause = n+1, min(2*pause, lastUploadPause) {
		t := &uploadTry{Session: s, n: n, begun: make(chan struct{})}
		err := t.upload(ctx, p, sent)
		if t.reachedPod(err) {
			sends, lastContact = sends+1, time.Now()
		}
		if broken := (*UploadError)(nil); !errors.As(err, &broken) || sends == maxUploads || time.Since(lastContact) > s.grace || !t.repeatable(p) {
			return err
		}
		if err := s.onUploadBroken(ctx, err); err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Session) onUploadBroken(ctx context.Context, err error) error {
	if s.handlers.UploadBroken == nil {
		return nil
	}
	return s.handlers.UploadBroken(ctx, err)
}
