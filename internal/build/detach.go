package build

import (
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// leave leaves the build without a client and prints its name. A build that has failed already is an error.
func (r *run) leave(result <-chan session.Outcome) error {
	select {
	case outcome := <-result:
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

// done reports whether the pod has ended with a build that succeeded.
func (e podEnd) done() bool {
	if e.err != nil || e.termination.Code != 0 {
		return false
	}
	_, err := session.ParseResult(e.termination.Message)
	return err == nil
}
