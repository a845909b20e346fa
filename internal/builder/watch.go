package builder

import (
	"context"
	"errors"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// errStarted ends the wait for a pod's status that is not there yet.
var errStarted = errors.New("the container has started")

// Await returns once the builder container runs. It fails at once where waiting is pointless and when ctx ends where
// it is not, with the reason either way. pending is told each new reason for waiting.
//
// The kubelet reports a start in an event at once, in the pod's status only after its next look at all containers, which
// takes up to a second; so whichever comes first counts.
func (p *Pod) Await(ctx context.Context, pending func(reason string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reason lastReason
	tell := func(text string) { reason.set(text, pending) }
	var events sync.WaitGroup
	events.Go(func() { p.watchEvents(ctx, tell, cancel) })
	err := p.until(ctx, func(pod *corev1.Pod) (bool, error) {
		state := diagnose(pod, p.container)
		if state.waiting != "" {
			tell(state.waiting)
		}
		return state.running, state.err
	})
	waited := ctx.Err()
	cancel(nil)
	events.Wait()
	var hopeless *StartError
	switch {
	case errors.Is(err, errStarted):
		return nil
	case errors.As(err, &hopeless):
		return err
	case waited != nil && reason.get() != "":
		return &PendingError{Reason: reason.get(), Err: err}
	default:
		return err
	}
}

// Ended blocks until the pod ends, is deleted, or ctx ends, and returns what the builder container left behind.
func (p *Pod) Ended(ctx context.Context) (*Termination, error) {
	var end *Termination
	err := p.until(ctx, func(pod *corev1.Pod) (bool, error) {
		end = termination(pod, p.container)
		return end != nil, nil
	})
	return end, err
}

// ErrDeleted says that somebody else deleted the pod.
var ErrDeleted = errors.New("the builder pod was deleted")

// until watches the pod, over as many connections as it takes, until done says so.
func (p *Pod) until(ctx context.Context, done func(*corev1.Pod) (bool, error)) error {
	only := fields.OneTermEqualSelector(metav1.ObjectNameField, p.name).String()
	pods := p.client.CoreV1().Pods(p.namespace)
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = only
			return pods.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = only
			return pods.Watch(ctx, o)
		},
	}
	gone := func(store cache.Store) (bool, error) {
		if len(store.List()) > 0 {
			return false, nil
		}
		// The first list may come from a cache that is behind our create; this read does not.
		if _, err := pods.Get(ctx, p.name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return true, ErrDeleted
		}
		return false, nil
	}
	_, err := watchtools.UntilWithSync(ctx, cache.ToListWatcherWithWatchListSemantics(lw, p.client), &corev1.Pod{}, gone, func(e watch.Event) (bool, error) {
		pod, ok := e.Object.(*corev1.Pod)
		switch {
		case !ok || p.uid != "" && pod.UID != p.uid:
			return false, nil
		case e.Type == watch.Deleted:
			return true, ErrDeleted
		default:
			return done(pod)
		}
	})
	if ctx.Err() != nil && err != nil && !errors.Is(err, ErrDeleted) {
		return context.Cause(ctx)
	}
	return err
}
