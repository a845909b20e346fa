package builder

import (
	"context"
	"errors"
	"fmt"
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
	events.Go(func() {
		err := panics.Do(func() error { p.watchEvents(ctx, tell, func() { cancel(errStarted) }); return nil })
		if err != nil {
			cancel(err)
		}
	})
	events.Go(func() {
		if err := panics.Do(func() error { p.look(ctx, tell, func() { cancel(errStarted) }); return nil }); err != nil {
			cancel(err)
		}
	})
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
	switch {
	case errors.Is(err, errStarted):
		return nil
	case waited != nil && reason.get() != "":
		return &PendingError{Reason: reason.get(), Err: err}
	default:
		return err
	}
}

// lookPause is how often to ask for the pod itself: a watch whose connection went dead says nothing.
const lookPause = 10 * time.Second

// look asks for the pod now and then, which tells if the API server does not answer.
func (p *Pod) look(ctx context.Context, tell func(string), started func()) {
	for {
		select {
		case <-time.After(lookPause):
		case <-ctx.Done():
			return
		}
		pod, err := p.api.Get(ctx, p.namespace, p.name)
		switch {
		case err == nil && diagnose(pod, p.container).running:
			started()
		case err != nil && ctx.Err() == nil && transient(err):
			tell("the API server does not answer: " + oneLine(err.Error()))
		}
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

// DeletedError says that somebody else deleted the pod.
type DeletedError struct {
	Reason  string // Kubernetes' own for a deletion of its own, such as EvictionByEvictionAPI or DeletionByTaintManager; or empty
	Message string
}

func (e *DeletedError) Error() string {
	if e.Reason == "" {
		return "the builder pod was deleted by somebody else"
	}
	return fmt.Sprintf("the builder pod was deleted: %s: %s", e.Reason, oneLine(e.Message))
}

// Hint says what a deletion usually is.
func (e *DeletedError) Hint() string {
	if e.Reason == "" {
		return "kubectl img cancel, kubectl delete or a clean-up job did it; run the build again"
	}
	return "run the build again; --node-selector and --toleration choose other nodes"
}

// deleted reads why, as far as the pod's last status knows; pod may be nil.
func deleted(pod *corev1.Pod) *DeletedError {
	e := &DeletedError{}
	if pod == nil {
		return e
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			e.Reason, e.Message = c.Reason, c.Message
		}
	}
	return e
}

// until watches the pod, over as many connections as it takes, until done says so.
func (p *Pod) until(ctx context.Context, done func(*corev1.Pod) (bool, error)) error {
	only := fields.OneTermEqualSelector(metav1.ObjectNameField, p.name).String()
	pods := func() typed.PodInterface { return p.api.Client().CoreV1().Pods(p.namespace) }
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = only
			return pods().List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = only
			return pods().Watch(ctx, o)
		},
	}
	gone := func(store cache.Store) (bool, error) {
		if len(store.List()) > 0 {
			return false, nil
		}
		// The first list may come from a cache that is behind our create; this read does not.
		if _, err := pods().Get(ctx, p.name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return true, deleted(nil)
		}
		return false, nil
	}
	_, err := watchtools.UntilWithSync(ctx, cache.ToListWatcherWithWatchListSemantics(lw, p.api.Client()), &corev1.Pod{}, gone, func(e watch.Event) (bool, error) {
		pod, ok := e.Object.(*corev1.Pod)
		switch {
		case !ok || p.uid != "" && pod.UID != p.uid:
			return false, nil
		case e.Type == watch.Deleted:
			return true, deleted(pod)
		default:
			return done(pod)
		}
	})
	if gone := (*DeletedError)(nil); ctx.Err() != nil && err != nil && !errors.As(err, &gone) {
		return context.Cause(ctx)
	}
	return err
}
