package build

import (
	"errors"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// podEnd is how a pod ended, or why that is not known.
type podEnd struct {
	termination *builder.Termination
	err         error
}

// errNoOutput says that a pod has ended before its output was fetched. The output is gone with it.
var errNoOutput = errors.New("fetch the output: the builder pod has ended")

// withoutOutput returns why the output can't be fetched any more.
func (e podEnd) withoutOutput() error {
	switch {
	case e.err != nil:
		return e.err
	case e.termination.Deleted != nil:
		return e.termination.Deleted
	default:
		return errNoOutput
	}
}

// done reports whether the pod has ended with a build that succeeded.
func (e podEnd) done() bool {
	if e.err != nil || e.termination.Code != 0 {
		return false
	}
	_, err := session.ParseResult(e.termination.Message)
	return err == nil
}
