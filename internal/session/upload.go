package session

import (
	"context"
	"errors"
	"time"
)

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
		if p.Once && t.whole {
			p = question(err)
		} else if err := s.onUploadBroken(ctx, err); err != nil {
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
