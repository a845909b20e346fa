package plugin

import (
	"context"
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// leave lets the build go on by itself and prints its name, unless it is over already.
func (b *build) leave(ctx context.Context, s *session.Session) error {
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
	b.left = true
	b.log.Infof("the build goes on by itself; its result: kubectl img attach -n %s %s", b.Pod.Namespace, b.Pod.Name)
	_, err := fmt.Fprintln(b.streams.Out, b.Pod.Name)
	return err
}
