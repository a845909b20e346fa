package builds

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// phaseLimit bounds the request that asks what a builder pod is doing.
	phaseLimit = 3 * time.Second
	// maxRequests is how many pods are asked at a time.
	maxRequests = 8
)

// Phases asks each running pod what it is doing. The phase is empty for a pod that does not answer in time.
func Phases(ctx context.Context, c *cluster.Connection, pods []corev1.Pod) []string {
	ctx, cancel := context.WithTimeoutCause(ctx, phaseLimit, explain.ErrTimedOut)
	defer cancel()
	phases := make([]string, len(pods))
	places := make(chan struct{}, maxRequests)
	var all sync.WaitGroup
	for i := range pods {
		if pods[i].Status.Phase != corev1.PodRunning || builder.End(&pods[i], podspec.Container) != nil {
			continue
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			phases[i], _ = session.Phase(ctx, c.Runner(pods[i].Namespace, pods[i].Name))
		})
	}
	all.Wait()
	return phases
}
