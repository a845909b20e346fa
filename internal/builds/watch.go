package builds

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// logEndTimeout is how long the end of the log may take after the end of the pod.
const logEndTimeout = 2 * time.Second

// WatchLog copies the log of a running build to w until the build ends. It resumes after a lost connection. The build does not wait for it.
// What the reader of w, such as a pager, has not taken at the end of the build is still shown.
func WatchLog(ctx context.Context, c *cluster.Connection, stored *corev1.Pod, w io.Writer) error {
	log := newShownLog(w)
	return progress.Interruptible(ctx, func() error {
		err := watchLog(ctx, c, stored, log)
		log.Flush()
		return err
	})
}

func watchLog(ctx context.Context, c *cluster.Connection, stored *corev1.Pod, log *shownLog) error {
	pod := builder.Adopt(c.API, stored, podspec.Container)
	if err := pod.AwaitStart(ctx, func(string) {}); err != nil {
		return err
	}
	s := session.New(c.Runner(stored.Namespace, stored.Name), gracePeriod(stored), session.Handlers{Disconnected: c.Disconnected})
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	ended := make(chan error, 1)
	all.Go(func() { s.Watch(watching, log) })
	all.Go(func() {
		_, err := pod.AwaitEnd(watching, func(string, bool) {})
		ended <- err
	})
	select {
	case outcome := <-s.Result():
		if build.Ended(outcome.Err) {
			return nil
		}
		return outcome.Err
	case err := <-ended:
		select {
		case <-s.Result():
			return notDeleted(err)
		case <-time.After(logEndTimeout):
		}
		cancel()
		all.Wait()
		switch {
		case notDeleted(err) != nil:
			return err
		case err == nil:
			return showRest(ctx, c, stored, log)
		case s.Behind():
			return errLogCut
		}
		return nil // its log is gone with it
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notDeleted drops the error for a pod that was deleted: that ends a build, too.
func notDeleted(err error) error {
	if errors.As(err, new(*builder.DeletedError)) {
		return nil
	}
	return err
}

// showRest shows what the connection to the pod has lost, as the kubelet has it.
func showRest(ctx context.Context, c *cluster.Connection, pod *corev1.Pod, log *shownLog) error {
	rest := log.rest()
	err := c.CopyLog(ctx, pod, rest)
	if errors.Is(err, errLogCut) || err == nil && rest.skip > 0 {
		return errLogCut
	}
	return err
}
