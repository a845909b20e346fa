package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The levels of Pod Security.
const (
	privileged = "privileged"
	baseline   = "baseline"
	restricted = "restricted"
)

const ourPods = "app.kubernetes.io/managed-by=kubectl-img"

// namespace makes one that enforces a level of Pod Security. At the test's end no pod of the product may be left in it.
func namespace(t *testing.T, level string) string {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "e2e-",
		Labels: map[string]string{
			"pod-security.kubernetes.io/enforce":         level,
			"pod-security.kubernetes.io/enforce-version": "latest",
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		var left []string
		eventually(t, 15*time.Second, "no pod is left", func() bool {
			left = podNames(ctx, t, ns.Name)
			return len(left) == 0
		})
		if len(left) > 0 {
			t.Errorf("left behind: %s", strings.Join(left, ", "))
		}
		// Nobody waits for the end of this.
		if err := client.CoreV1().Namespaces().Delete(ctx, ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	eventually(t, 15*time.Second, "the namespace has its service account", func() bool {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return ns.Name
}

// podNames lists the product's pods, whatever their state.
func podNames(ctx context.Context, t *testing.T, ns string) []string {
	t.Helper()
	list, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{LabelSelector: ourPods})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, pod := range list.Items {
		names = append(names, pod.Name)
	}
	return names
}

// onlyPod is the one pod of the product in the namespace.
func onlyPod(t *testing.T, ns string) *corev1.Pod {
	t.Helper()
	list, err := client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{LabelSelector: ourPods})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 {
		t.Fatalf("%d pods of the product, want one", len(list.Items))
	}
	return &list.Items[0]
}

// deletePod removes a pod that a test made the product leave behind on purpose.
func deletePod(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	now := metav1.NewDeleteOptions(0)
	if err := client.CoreV1().Pods(pod.Namespace).Delete(t.Context(), pod.Name, *now); err != nil {
		t.Error(err)
	}
}
