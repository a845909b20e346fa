package build

import (
	"context"
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// detach leaves the build without a client and prints its name, unless the build is over already.
func (r *run) detach(ctx context.Context, s *session.Session) error {
	if err := s.Detach(ctx); err != nil {
		return err
	}
	select {
	case outcome := <-s.Result():
		if outcome.Err != nil {
			return outcome.Err
		}
	default:
	}
	r.left = true
	r.Log.Infof("the build goes on by itself; its result: kubectl img attach -n %s %s", r.current.Pod.Namespace, r.current.Pod.Name)
	_, err := fmt.Fprintln(r.proc.Streams.Out, r.current.Pod.Name)
	return err
}
