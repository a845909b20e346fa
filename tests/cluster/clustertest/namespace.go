package clustertest

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// The levels of Pod Security.
const (
	Privileged = "privileged"
	Baseline   = "baseline"
	Restricted = "restricted"
)

// Namespace makes a namespace that enforces the latest version of a Pod Security level, and returns its name once pods can be created in it. The
// name begins with a prefix. The end of the test deletes the namespace.
func Namespace(t *testing.T, client kubernetes.Interface, prefix, level string) string {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: prefix,
		Labels: map[string]string{
			"pod-security.kubernetes.io/enforce":         level,
			"pod-security.kubernetes.io/enforce-version": "latest",
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test does not wait for the end of the deletion.
		if err := client.CoreV1().Namespaces().Delete(context.WithoutCancel(t.Context()), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	Eventually(t, time.Minute, "the namespace has its service account", func() bool {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return ns.Name
}

// ExpectNoBuilders fails the test if at its end a builder pod is left in a namespace, in any state, and does not go away in time.
func ExpectNoBuilders(t *testing.T, client kubernetes.Interface, ns string, patience time.Duration) {
	t.Helper()
	t.Cleanup(func() {
		var left []string
		Eventually(t, patience, "no builder pod is left", func() bool {
			pods, err := Builders(context.WithoutCancel(t.Context()), client, ns)
			if err != nil {
				t.Fatal(err)
			}
			left = nil
			for _, pod := range pods {
				left = append(left, pod.Name)
			}
			return len(left) == 0
		})
		if len(left) > 0 {
			t.Errorf("left behind: %s", strings.Join(left, ", "))
		}
	})
}

// Builders are the builder pods of a namespace, in any state.
func Builders(ctx context.Context, client kubernetes.Interface, ns string) ([]corev1.Pod, error) {
	list, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=kubectl-img"})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// DeletePod deletes a pod without a grace period.
func DeletePod(t *testing.T, client kubernetes.Interface, pod *corev1.Pod) {
	t.Helper()
	now := metav1.NewDeleteOptions(0)
	if err := client.CoreV1().Pods(pod.Namespace).Delete(context.WithoutCancel(t.Context()), pod.Name, *now); err != nil {
		t.Error(err)
	}
}

// Eventually waits for something that happens in the cluster's own time. It fails the test, without ending it, if that takes too long.
func Eventually(t *testing.T, patience time.Duration, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !happened(); <-tick.C {
		if time.Now().After(deadline) {
			t.Errorf("waited %s in vain until %s", patience, what)
			return
		}
	}
}
