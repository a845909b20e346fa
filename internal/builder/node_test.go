package builder

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func node(ready corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeReady, Status: ready, Reason: "NodeStatusUnknown", Message: "Kubelet stopped\nposting node status."},
	}}}
}

func TestNodeNotReady(t *testing.T) {
	pod := builderPod()
	pod.Spec.NodeName = "n1"
	for _, c := range []struct {
		ready  corev1.ConditionStatus
		reason string
	}{
		{corev1.ConditionTrue, ""},
		{corev1.ConditionUnknown, "NodeStatusUnknown: Kubelet stopped posting node status."},
		{corev1.ConditionFalse, "NodeStatusUnknown: Kubelet stopped posting node status."},
	} {
		t.Run("condition Ready is "+string(c.ready), func(t *testing.T) {
			api := newAPI(fake.NewClientset(pod, node(c.ready)))
			if _, reason := NodeNotReady(t.Context(), api, "ns", "img-1"); reason != c.reason {
				t.Errorf("%q, want %q", reason, c.reason)
			}
		})
	}
	t.Run("no right to get nodes", func(t *testing.T) {
		client := fake.NewClientset(pod, node(corev1.ConditionUnknown))
		client.PrependReactor("get", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(corev1.Resource("nodes"), "n1", nil)
		})
		if node, reason := NodeNotReady(t.Context(), newAPI(client), "ns", "img-1"); node != "" || reason != "" {
			t.Errorf("%q, %q", node, reason)
		}
	})
}
