package build

import (
	"context"
	"errors"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// phaseStopped is the phase in which the supervisor was told to stop.
const phaseStopped = "stopped"

const (
	// otherSideTimeout is how long a stream that has ended waits for the pod's status, or the other way round, when both end together.
	otherSideTimeout = 2 * time.Second
	// podEndTimeout is how long a pod that was told to stop may take until its status says so.
	podEndTimeout = 8 * time.Second
)

// Ended reports whether err is the end of a build, and not of the connection to it.
func Ended(err error) bool {
	var job *session.JobError
	var end *builder.Termination
	return err == nil || errors.As(err, &job) || errors.As(err, &end)
}

// podOutcome returns what the end of a pod means. The log's own end is better, if it comes.
func (r *run) podOutcome(ctx context.Context, end podEnd, better <-chan session.Outcome) error {
	if end.err != nil {
		return end.err
	}
	result, err := session.ParseResult(end.termination.Message)
	if failed := (*session.JobError)(nil); errors.As(err, &failed) {
		return stopped(failed, end.termination)
	}
	if err != nil || end.termination.Code != 0 {
		if end.termination.Deleted != nil {
			return end.termination.Deleted
		}
		return end.termination
	}
	// The build is done but its log was cut off. Nothing can be fetched from a pod that has ended.
	if outcome, ok := receive(better, otherSideTimeout); ok {
		result, err = outcome.Result, outcome.Err
	}
	if err == nil {
		result, err = r.confirm(ctx, result)
	}
	if err != nil {
		return err
	}
	if r.Build.Push || r.Output == nil {
		err = r.publish(ctx, result)
	}
	if r.Output != nil {
		err = errors.Join(err, errNoOutput)
	}
	return err
}

// startOutcome returns the supervisor's reason for a pod that ended before anybody saw it run: its check can be faster than the watch.
func startOutcome(err error) error {
	var end *builder.Termination
	var failed *session.JobError
	if errors.As(err, &end) {
		if _, result := session.ParseResult(end.Message); errors.As(result, &failed) {
			return stopped(failed, end)
		}
	}
	return err
}

// stopped returns why a job failed. Kubernetes knows more than the supervisor about a pod that was told to stop.
func stopped(failed *session.JobError, end *builder.Termination) error {
	if failed.Phase == phaseStopped && end.Deleted != nil {
		return end.Deleted
	}
	return failed
}

// jobOutcome returns what the job's own result means. Where the result says no more than that the pod was told to stop, or that the pod was lost, the
// pod's status may know why.
func (r *run) jobOutcome(ctx context.Context, s *session.Session, outcome session.Outcome, ended <-chan podEnd) error {
	failed, lost := (*session.JobError)(nil), (*session.LostError)(nil)
	if errors.As(outcome.Err, &failed) && failed.Phase == phaseStopped || errors.As(outcome.Err, &lost) {
		if end, ok := receive(ended, podEndTimeout); ok {
			return r.podOutcome(ctx, end, nil)
		}
	}
	if outcome.Err != nil {
		r.lookAtSteps(ctx, outcome.Err)
		return outcome.Err
	}
	return r.deliver(ctx, s, outcome.Result, ended)
}

// uploadOutcome returns why an upload failed: a missing right or the pod's end, rather than the stream's own error.
func (r *run) uploadOutcome(ctx context.Context, err error, ended <-chan podEnd) error {
	if broken := (*session.UploadError)(nil); !errors.As(err, &broken) {
		return err
	}
	if denied := r.checkExec(ctx); denied != nil {
		return denied
	}
	if end, ok := receive(ended, otherSideTimeout); ok {
		return r.podOutcome(ctx, end, nil)
	}
	return err
}

// receive returns what comes out of c within limit.
func receive[T any](c <-chan T, limit time.Duration) (value T, ok bool) {
	if c == nil {
		return value, false
	}
	select {
	case value = <-c:
		return value, true
	case <-time.After(limit):
		return value, false
	}
}
