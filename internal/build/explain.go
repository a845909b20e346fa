package build

import (
	"context"
	"errors"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// nodePatience is how much later than this client the control plane may notice that the node is lost.
	nodePatience = 10 * time.Second
	// nodeLimit bounds the question whether the node is lost. The answer only explains an error that is known already.
	nodeLimit = nodePatience + 5*time.Second
	// stepEndLimit is how long the kubelet can take to notice the end of a container.
	stepEndLimit = 5 * time.Second
)

// explain turns the error that ended the run into one that a user can act on.
func (r *run) explain(err error) error {
	var failure engine.Failure
	failed := errors.As(err, new(*session.JobError))
	if err == nil || failed {
		r.warnOfArguments()
	}
	if failed {
		failure = r.output.ShowFailure(r.File)
	} else {
		r.output.ShowRest()
	}
	if err == nil {
		return nil
	}
	facts := explain.Facts{
		Phase: r.phase.String(), Timeout: r.Timeout, PodTimeout: r.PodTimeout,
		Namespace: r.Pod.Namespace, Pod: r.current.Pod.Name, ServiceAccount: r.Pod.Spec.ServiceAccountName,
		MemoryLimit: builder.MemoryLimit(r.current.Pod, podspec.Container), Engine: r.engine(), Log: r.output, Failure: failure, Login: r.login.facts(),
	}
	if len(r.Tags) > 0 {
		facts.Repository = r.Tags[0].Repository
	}
	if len(podspec.Steps(r.current.Pod)) > 0 {
		facts.StepMemoryLimit, facts.StepEnd = builder.MemoryLimit(r.current.Pod, podspec.Step), r.stepEnd
	}
	r.lookAtNode(err, &facts)
	return explain.Build(err, facts)
}

// lookAtNode finds out whether the node is lost, after an error that can come from that.
func (r *run) lookAtNode(err error, facts *explain.Facts) {
	patience := time.Duration(0)
	switch lost, upload := (*session.LostError)(nil), (*session.UploadError)(nil); {
	case errors.As(err, &lost):
		patience = nodePatience
	case errors.As(err, &upload):
	default:
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), nodeLimit, explain.ErrTimedOut)
	defer cancel()
	facts.LostNode, facts.LostNodeReason = builder.LostNode(ctx, r.API, r.current.Pod.Namespace, r.current.Pod.Name, patience)
}

// lookAtSteps remembers whether a container for build steps has ended, if a build failed. It must do so before the pod is deleted, which ends them all.
func (r *run) lookAtSteps(ctx context.Context, err error) {
	var job *session.JobError
	if len(podspec.Steps(r.current.Pod)) == 0 || !errors.As(err, &job) || job.Phase != string(engine.PhaseBuild) && job.Phase != string(engine.PhaseOutput) {
		return
	}
	limit := time.Duration(0)
	if explain.StepLost(job, explain.Facts{Engine: r.engine(), Log: r.output}) {
		limit = stepEndLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*stepEndLimit, explain.ErrTimedOut)
	defer cancel()
	r.stepEnd = builder.FindStepEnd(ctx, r.API, r.current.Pod.Namespace, r.current.Pod.Name, limit)
}
