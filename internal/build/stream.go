package build

import (
	"context"
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// stream sends the context, if upload is not nil, follows the build and delivers its result. The pod's end, the upload and the job's
// result can each end it. The job's result takes precedence.
func (r *run) stream(ctx context.Context, pod *builder.Pod, upload func(context.Context, *session.Session) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer r.output.Close()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	s := r.session()
	start := func(do func() error) <-chan error {
		done := make(chan error, 1)
		all.Go(func() { done <- panics.Do(do) })
		return done
	}
	followed := start(func() error { s.Follow(ctx, r.output); return nil })
	ended := make(chan podEnd, 1)
	watched := start(func() error {
		termination, err := pod.AwaitEnd(ctx, func(node string, lost bool) {
			s.NodeLost(lost)
			r.onNode(node, lost)
		})
		ended <- podEnd{termination, err}
		return nil
	})
	var uploaded, detached <-chan error
	if upload != nil {
		uploaded = start(func() error { return upload(ctx, s) })
	}
	for {
		select {
		case err := <-uploaded:
			if err != nil {
				return r.uploadOutcome(ctx, err, ended)
			}
			uploaded = nil
			if r.Detach {
				detached = start(func() error { return s.Detach(ctx) })
			}
		case err := <-detached:
			if err != nil {
				return err
			}
			return r.leave(s.Result())
		case err := <-followed:
			if err != nil {
				return err
			}
			followed = nil
		case err := <-watched:
			if err != nil {
				return err
			}
			watched = nil
		case outcome := <-s.Result():
			if r.Detach && outcome.Err == nil { // faster than the confirmation; attach takes the result
				return r.leave(nil)
			}
			err := r.jobOutcome(ctx, s, outcome, ended)
			if r.Keep {
				s.Release()
				_, _ = receive(ended, otherSideTimeout)
			}
			return err
		case end := <-ended:
			if r.Detach && end.done() {
				return r.leave(nil)
			}
			return r.podOutcome(ctx, end, s.Result())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
