package builder

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// AwaitStart returns nil once the builder container runs. It returns a *StartError as soon as the container can't start, and a
// *PendingError with the last reason if ctx ends first. onPending is called with each new reason why the container does not run yet.
//
// The kubelet sends an event as soon as the container runs, and updates the pod's status up to a second later. The first of the two
// counts.
func (p *Pod) AwaitStart(ctx context.Context, onPending func(reason string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reason lastReason
	pending := func(text string) { reason.set(text, onPending) }
	var background sync.WaitGroup
	start := func(do func()) {
		background.Go(func() {
			if err := panics.Do(func() error { do(); return nil }); err != nil {
				cancel(err)
			}
		})
	}
	start(func() { p.watchEvents(ctx, pending, cancel) })
	start(func() { p.poll(ctx, pending, func() { cancel(errStarted) }) })
	err := p.watchUntil(ctx, func(pod *corev1.Pod) (bool, error) {
		state := diagnose(pod, p.container)
		if state.waiting != "" {
			pending(state.waiting)
		}
		return state.running, state.err
	})
	timedOut := ctx.Err() != nil
	cancel(nil)
	background.Wait()
	var failed *StartError
	switch {
	case errors.Is(err, errStarted):
		return nil
	case errors.As(err, &failed):
		return err
	case timedOut && reason.get() != "":
		return &PendingError{Reason: reason.get(), err: err}
	default:
		return err
	}
}

// pollInterval is how often poll gets the pod.
const pollInterval = 10 * time.Second

// poll gets the pod at intervals, because a watch on a dead connection reports neither changes nor an error.
func (p *Pod) poll(ctx context.Context, pending func(string), started func()) {
	for {
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return
		}
		pod, err := p.api.Get(ctx, p.namespace, p.name)
		switch {
		case err == nil && diagnose(pod, p.container).running:
			started()
		case err != nil && ctx.Err() == nil && transient(err):
			pending("the API server does not answer: " + oneLine(err.Error()))
		}
	}
}

// AwaitEnd returns how the builder container ended, once it has. It returns a *DeletedError if the pod is gone, and the cause of ctx's
// end if ctx ends first. onNode is called with the node's name when the control plane loses the node, and when the node is back.
func (p *Pod) AwaitEnd(ctx context.Context, onNode func(node string, lost bool)) (*Termination, error) {
	var end *Termination
	wasLost := false
	err := p.watchUntil(ctx, func(pod *corev1.Pod) (bool, error) {
		end = End(pod, p.container)
		lost := end == nil && nodeIsLost(pod)
		if lost != wasLost && end == nil {
			onNode(oneLine(pod.Spec.NodeName), lost)
		}
		wasLost = lost
		return end != nil, nil
	})
	return end, err
}

// watchUntil watches the pod until done returns true or an error. It opens a new watch whenever one ends.
func (p *Pod) watchUntil(ctx context.Context, done func(*corev1.Pod) (bool, error)) error {
	pods := func() typed.PodInterface { return p.api.Client().CoreV1().Pods(p.namespace) }
	gone := func(store cache.Store) (bool, error) {
		if len(store.List()) > 0 {
			return false, nil
		}
		// The first list may come from a cache that does not have the new pod yet. A get does not use that cache.
		if _, err := pods().Get(ctx, p.name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return true, deletionOf(nil)
		}
		return false, nil
	}
	_, err := watchtools.UntilWithSync(ctx, p.listWatch(pods), &corev1.Pod{}, gone, func(e watch.Event) (bool, error) {
		pod, ok := e.Object.(*corev1.Pod)
		switch {
		case !ok || p.uid != "" && pod.UID != p.uid:
			return false, nil
		case e.Type == watch.Deleted:
			return true, deletionOf(pod)
		default:
			return done(pod)
		}
	})
	if gone := (*DeletedError)(nil); ctx.Err() != nil && err != nil && !errors.As(err, &gone) {
		return context.Cause(ctx)
	}
	return err
}

// listWatch lists and watches the one pod. It asks for the client each time, because the API may have replaced it.
func (p *Pod) listWatch(pods func() typed.PodInterface) cache.ListerWatcher {
	only := fields.OneTermEqualSelector(metav1.ObjectNameField, p.name).String()
	return cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = only
			return pods().List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = only
			return pods().Watch(ctx, o)
		},
	}, p.api.Client())
}
