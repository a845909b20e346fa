package jenkins_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	t.Run("fault of the cluster is tried again", retrySucceeds)
	t.Run("retries are limited", retryLimit)
}

// retrySucceeds deletes the builder pod, which makes the plugin exit with code 1: a fault of the cluster.
func retrySucceeds(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 1, func(pod corev1.Pod) { clustertest.DeletePod(t, shared.Client, &pod) })
	c := job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 5"),
		pipeline: shown("imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)"),
	}.run(t).succeeds(t)
	var got built
	c.result(t, &got)
	if digest := clustertest.Digest(t, shared, repository(ns)); got.Digest != digest {
		t.Errorf("digest %s, want %s", got.Digest, digest)
	}
	c.says(t, "attempt 1 of 3 failed", "error: the builder pod was deleted").lacks(t, "attempt 2 of 3")
}

func retryLimit(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 2, func(pod corev1.Pod) { clustertest.DeletePod(t, shared.Client, &pod) })
	job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"),
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE, retries: 1)",
	}.run(t).fails(t, "error: the builder pod was deleted").says(t, "attempt 1 of 2 failed").lacks(t, "attempt 2 of 2")
}
