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
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// logEndTimeout is how long the end of the log may take after the end of the pod.
const logEndTimeout = 2 * time.Second

// WatchLog copies the log of a running build to w until the build ends. It resumes after a lost connection. The build does not wait for it.
func WatchLog(ctx context.Context, c *cluster.Connection, stored *corev1.Pod, w io.Writer) error {
	pod := builder.Adopt(c.API, stored, podspec.Container)
	if err := pod.AwaitStart(ctx, func(string) {}); err != nil {
		return err
	}
	s := session.New(c.Runner(stored.Namespace, stored.Name), gracePeriod(stored), session.Handlers{Disconnected: c.Disconnected})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	ended := make(chan error, 1)
	all.Go(func() { s.Watch(ctx, w) })
	all.Go(func() {
		_, err := pod.AwaitEnd(ctx)
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
		case <-time.After(logEndTimeout):
		}
		if gone := (*builder.DeletedError)(nil); errors.As(err, &gone) {
			return nil // its log is gone with it
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
