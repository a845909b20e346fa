package build

import (
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/podlimits"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// inPod builds in a pod: it creates, awaits, streams and deletes.
func (r *run) inPod(ctx context.Context) (err error) {
	r.phase.set(phaseCreate)
	command := builder.DeleteCommand(r.current.Pod)
	r.proc.Undeleted.Add(command)
	defer r.proc.Undeleted.Remove(command)
	pod, err := r.create(ctx)
	if pod != nil {
		r.created = true
		defer func() { r.remove(ctx, pod, err) }()
	}
	if err != nil {
		return err
	}
	r.Log.Infof("created builder pod %s (profile %s)", pod, r.current.Profile)
	sweeping, stop := context.WithCancel(ctx)
	var sweep sync.WaitGroup
	defer sweep.Wait()
	defer stop()
	sweep.Go(func() { _ = panics.Do(func() error { return r.sweep(sweeping, pod.Created().Time) }) })
	r.phase.set(phaseStart)
	if err := r.await(ctx, pod); err != nil {
		return startOutcome(err)
	}
	return r.stream(ctx, pod, r.upload)
}

// create creates the pod. If the namespace's LimitRanges do not allow the default requests, it takes what they allow.
func (r *run) create(ctx context.Context) (*builder.Pod, error) {
	pod, adjusted, err := builder.Create(ctx, r.API, r.withOwner(ctx), podspec.Container, podspec.DefaultRequests(r.current.Pod, r.Requests))
	if len(adjusted) > 0 {
		more := ""
		if isLower(adjusted, r.current.Pod) {
			more = "; use --limit for a higher limit"
		}
		r.Log.Warnf("requesting %s: a LimitRange of namespace %s does not allow the default requests%s", podlimits.Text(adjusted), r.Pod.Namespace, more)
	}
	return pod, err
}

// isLower reports whether one of the requests is lower than the pod's.
func isLower(requests corev1.ResourceList, pod *corev1.Pod) bool {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for name, quantity := range requests {
			if asked, ok := c.Resources.Requests[name]; slices.Contains(podspec.Ours(pod), c.Name) && ok && quantity.Cmp(asked) < 0 {
				return true
			}
		}
	}
	return false
}

// withOwner returns the pod to create. Where this process runs in a pod, Kubernetes deletes the builder together with it.
func (r *run) withOwner(ctx context.Context) *corev1.Pod {
	pod := r.current.Pod
	if r.proc.InCluster() && !r.Detach {
		pod = pod.DeepCopy()
		pod.OwnerReferences = builder.Owner(ctx, r.API, pod.Namespace, r.proc.Host())
	}
	return pod
}

// await waits for the container, for at most --pod-timeout. Meanwhile it measures the context.
func (r *run) await(ctx context.Context, pod *builder.Pod) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.PodTimeout, explain.ErrTimedOut)
	defer cancel()
	ctx, broken := context.WithCancelCause(ctx)
	defer broken(nil)
	var scan sync.WaitGroup
	defer scan.Wait()
	scan.Go(func() {
		if err := panics.Do(func() error { r.warnOfSize(ctx); return nil }); err != nil {
			broken(err)
		}
	})
	start := time.Now()
	err := pod.AwaitStart(ctx, r.onPending)
	if err == nil {
		r.Log.Debugf("builder pod ran after %s", time.Since(start).Round(time.Millisecond))
	}
	return err
}

// remove deletes the pod, unless the user asked to keep it. Where that fails it prints the command that does it.
func (r *run) remove(ctx context.Context, pod *builder.Pod, result error) {
	if r.left {
		return
	}
	if r.Keep && !r.replaced(result) {
		r.Log.Infof("kept builder pod %s; delete it with: %s", pod, pod.DeleteCommand())
		return
	}
	if err := pod.Delete(ctx); err != nil {
		r.Log.Warnf("%v; delete it with: %s", err, pod.DeleteCommand())
		return
	}
	r.Log.Debugf("deleted builder pod %s (%v)", pod, result)
}

// replaced reports whether another profile is tried in another pod. Nobody wants to keep this one then.
func (r *run) replaced(result error) bool {
	_, isolation := explain.Isolation(result)
	return isolation && len(r.Fallbacks) > 0
}
