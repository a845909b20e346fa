package session

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds of an upload. Tests have shorter ones.
const (
	// tries is how often an upload is sent that breaks on its way. What never reached the pod is no try, and is repeated
	// for as long as the pod waits for a client.
	tries = 3
	// firstPause is how long to wait before the second try; each further one waits twice as long, lastPause at most.
	firstPause, lastPause = 500 * time.Millisecond, 4 * time.Second
	// launching is how long the pod may take to begin to take an upload when it has been heard of.
	launching = 20 * time.Second
	// silence is how long nothing may move, here or in the pod, while there is something to send or to confirm.
	silence = time.Minute
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

// FullError says that the upload did not fit on the pod's disk.
type FullError struct{ Detail string }

func (e *FullError) Error() string { return "the builder pod's disk is full: " + e.Detail }

// Payload is what an upload carries.
type Payload struct {
	Write func(*tar.Writer) error
	Once  bool // what Write reads is gone after the first time
}

// Upload streams the payload into the pod and returns once the supervisor has verified it. What the exec itself returns
// decides nothing: it can hang, and it can end well on a stream that was cut. An upload that breaks is sent again, if the
// payload can be; an error of the payload's own is returned as it is.
func (s *Session) Upload(ctx context.Context, p Payload, sent func(total int64)) error {
	sends, reached := 0, time.Now()
	for n, pause := 1, firstPause; ; n, pause = n+1, min(2*pause, lastPause) {
		t := &try{Session: s, n: n, begun: make(chan struct{})}
		err := t.upload(ctx, p, sent)
		if t.reached(err) {
			sends, reached = sends+1, time.Now()
		}
		if broken := (*UploadError)(nil); !errors.As(err, &broken) || sends == tries || time.Since(reached) > s.grace || !t.repeatable(p) {
			return err
		}
		if err := s.broken(ctx, err); err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Session) broken(ctx context.Context, err error) error {
	if s.notes.Broken == nil {
		return nil
	}
	return s.notes.Broken(ctx, err)
}
