// Package builds finds the builds that other processes have started, and says what each one is doing: what ls, attach, logs, cancel and prune share.
package builds

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Find returns the builder pod of a name.
func Find(ctx context.Context, c *cluster.Connection, namespace, name string) (*corev1.Pod, error) {
	pod, err := c.API.Get(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	if !podspec.IsBuilder(pod) {
		return nil, cli.Usagef("pod %s/%s is no builder pod", namespace, name).WithHint("kubectl img ls -n " + namespace)
	}
	return pod, nil
}

// List returns the builder pods of a namespace, or of all for an empty one. The labels select further, as in kubectl get -l.
func List(ctx context.Context, c *cluster.Connection, namespace, labels string) ([]corev1.Pod, error) {
	if labels != "" {
		labels = "," + labels
	}
	return c.API.List(ctx, namespace, podspec.Selector()+labels)
}
