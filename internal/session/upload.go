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
	// tries is how often an upload is sent that breaks on its way.
	tries = 3
	// firstPause is how long to wait before the second try; each further one waits twice as long.
	firstPause = 500 * time.Millisecond
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

// Payload is what an upload carries.
type Payload struct {
	Write func(*tar.Writer) error
	Once  bool // what Write reads is gone after the first time
	Held  bool // nothing is to be read or sent for a pod that may not pass the supervisor's check
}

// Upload streams the payload into the pod and returns once the supervisor has verified it. What the exec itself returns
// decides nothing: it can hang, and it can end well on a stream that was cut. An upload that breaks is sent again, if the
// payload can be; an error of the payload's own is returned as it is.
func (s *Session) Upload(ctx context.Context, p Payload, sent func(total int64)) error {
	pause := firstPause
	for n := 1; ; n++ {
		t := &try{Session: s, n: n, begun: make(chan struct{})}
		err := t.upload(ctx, p, sent)
		if broken := (*UploadError)(nil); !errors.As(err, &broken) || n == tries || !t.repeatable(p) {
			return err
		}
		s.broken(err)
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Session) broken(err error) {
	if s.notes.Broken != nil {
		s.notes.Broken(err)
	}
}
