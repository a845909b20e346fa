package build

import (
	"context"
	"errors"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Attach follows a build that another process has started, and takes its result. The plan is the build as far as its pod knows it, and holds the stored
// pod. The error is explained.
func Attach(ctx context.Context, p *Plan, proc cli.Process, c *cluster.Connection) error {
	r := newRun(p, proc, c)
	defer r.screen.Flush()
	return r.explain(r.attach(ctx))
}

func (r *run) attach(ctx context.Context) error {
	pod := builder.Adopt(r.API, r.Pod, podspec.Container)
	err := r.followToEnd(ctx, pod)
	if interrupted := (cli.Interrupted{}); errors.As(err, &interrupted) {
		r.Log.Infof("left the build as it is; stop it with: kubectl img cancel -n %s %s", r.Pod.Namespace, r.Pod.Name)
		return err
	}
	if !r.Keep && Ended(err) {
		r.remove(ctx, pod, err)
	}
	return err
}

// followToEnd takes the build's result from its pod while that runs, and otherwise from what the pod has left behind.
func (r *run) followToEnd(ctx context.Context, pod *builder.Pod) error {
	if end := builder.End(r.Pod, podspec.Container); end != nil {
		err := r.CopyLog(ctx, r.Pod, r.output)
		_ = r.output.Close()
		if err != nil {
			return err
		}
		return r.podOutcome(ctx, podEnd{termination: end}, nil)
	}
	if err := pod.AwaitStart(ctx, r.onPending); err != nil {
		return err
	}
	return r.stream(ctx, pod, nil)
}
