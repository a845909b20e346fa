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

// stepEndLimit is how long the kubelet can take to notice the end of a container.
const stepEndLimit = 5 * time.Second

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
