// Package nodes_test runs the plugin on a node of the test cluster that is a virtual machine. The environment names it: see `make nodes`.
package nodes_test

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

var shared *fixture.Fixture // the cluster, its clients and the plugin

func TestMain(m *testing.M) {
	clustertest.Main(m, "nodes", func(ctx context.Context, f *fixture.Fixture) error {
		shared = f
		return f.Compile(ctx)
	})
}

// nodeName is the name of the machine.
func nodeName(t *testing.T) string {
	t.Helper()
	if len(shared.Nodes) != 2 {
		t.Fatalf("the cluster has the nodes %q; want the first and one machine: set KUBECTL_IMG_TESTS_NODES", shared.Nodes)
	}
	return shared.Nodes[1]
}

// node is the machine as the API server knows it.
func node(t *testing.T) *corev1.Node {
	t.Helper()
	found, err := shared.Client.CoreV1().Nodes().Get(t.Context(), nodeName(t), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// namespace makes a namespace that enforces a Pod Security level.
func namespace(t *testing.T, level string) string {
	t.Helper()
	return clustertest.Namespace(t, shared.Client, "nodes-", level)
}

// levels are the Pod Security levels that the profiles pass.
func levels() map[string]string {
	return map[string]string{
		"userns": clustertest.Baseline, "localhost": clustertest.Baseline, "restricted": clustertest.Restricted, "unset": clustertest.Baseline,
		"unconfined": clustertest.Privileged, "stock": clustertest.Baseline,
	}
}
