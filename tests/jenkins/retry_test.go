package jenkins_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	t.Run("fault of the cluster is tried again", retrySucceeds)
	t.Run("retries are limited", retryLimit)
	t.Run("a cancelled build is not tried again", retryCancelled)
}

// evict does what draining a node does, which makes the plugin exit with code 75.
func evict(t *testing.T, pod corev1.Pod) {
	t.Helper()
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}}
	if err := shared.Client.CoreV1().Pods(pod.Namespace).EvictV1(t.Context(), eviction); err != nil {
		t.Error(err)
	}
}

func retrySucceeds(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 1, func(pod corev1.Pod) { evict(t, pod) })
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
	whenBuilding(t, ns, 2, func(pod corev1.Pod) { evict(t, pod) })
	job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"),
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE, retries: 1)",
	}.run(t).fails(t, "error: the builder pod was deleted").says(t, "attempt 1 of 2 failed").lacks(t, "attempt 2 of 2")
}

func retryCancelled(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 1, func(pod corev1.Pod) { clustertest.DeletePod(t, shared.Client, &pod) })
	job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"),
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)",
	}.run(t).fails(t, "error: the builder pod was deleted by somebody else").lacks(t, "attempt 1")
}
