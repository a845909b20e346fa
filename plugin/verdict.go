package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// patience is how long the other side of the story is waited for, when a stream and the pod's status end together.
const patience = 2 * time.Second

// endPatience is how long a pod that was told to stop may take to have its end in its status.
const endPatience = 8 * time.Second

// ending is how a pod ended, or why that is not known.
type ending struct {
	pod *builder.Termination
	err error
}

// verdict is what the end of a pod means, unless the log's own end says it better.
func (b *build) verdict(ctx context.Context, end ending, better <-chan session.Outcome) error {
	if end.err != nil {
		return end.err
	}
	result, err := session.ParseResult(end.pod.Message)
	if failed := (*session.JobError)(nil); errors.As(err, &failed) {
		return stopped(failed, end.pod)
	}
	if err != nil || end.pod.Code != 0 {
		if end.pod.Deleted != nil {
			return end.pod.Deleted
		}
		return end.pod
	}
	// The build is done but its log was cut off; nothing can be fetched from a pod that has ended.
	if outcome, ok := first(better, patience); ok {
		result, err = outcome.Result, outcome.Err
	}
	if err == nil && b.Output == nil {
		err = b.publish(ctx, result)
	}
	return err
}

// stopped is why a job failed: of a pod that was told to stop, Kubernetes knows more than the supervisor.
func stopped(failed *session.JobError, end *builder.Termination) error {
	if failed.Phase == phaseStopped && end.Deleted != nil {
		return end.Deleted
	}
	return failed
}

// conclude takes the job's own word, unless all it knows is that the pod was told to stop, or nothing: then the pod's
// status may know more.
func (b *build) conclude(ctx context.Context, s *session.Session, outcome session.Outcome, ended <-chan ending) error {
	failed, lost := (*session.JobError)(nil), (*session.LostError)(nil)
	if errors.As(outcome.Err, &failed) && failed.Phase == phaseStopped || errors.As(outcome.Err, &lost) {
		if end, ok := first(ended, endPatience); ok {
			return b.verdict(ctx, end, nil)
		}
	}
	if outcome.Err != nil {
		return outcome.Err
	}
	return b.deliver(ctx, s, outcome.Result)
}

// firstCause prefers what broke a stream, a missing right or the pod's end, over the stream's own error.
func (b *build) firstCause(ctx context.Context, err error, ended <-chan ending) error {
	if broken := (*session.UploadError)(nil); !errors.As(err, &broken) {
		return err
	}
	if denied := b.mayExec(ctx); denied != nil {
		return denied
	}
	if end, ok := first(ended, patience); ok {
		return b.verdict(ctx, end, nil)
	}
	return err
}

// first is what comes out of c within limit.
func first[T any](c <-chan T, limit time.Duration) (value T, ok bool) {
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
