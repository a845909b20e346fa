package builder

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func node(ready corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeReady, Status: ready, Reason: "NodeStatusUnknown", Message: "Kubelet stopped\nposting node status."},
	}}}
}

func TestNodeTrouble(t *testing.T) {
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
		a := api(fake.NewClientset(pod, node(c.ready)))
		if _, reason := NodeTrouble(t.Context(), a, "ns", "img-1"); reason != c.reason {
			t.Errorf("%s: %q, want %q", c.ready, reason, c.reason)
		}
	}
}

func TestNodeTroubleIsNotKnownWithoutTheRightToIt(t *testing.T) {
	pod := builderPod()
	pod.Spec.NodeName = "n1"
	client := fake.NewClientset(pod, node(corev1.ConditionUnknown))
	client.PrependReactor("get", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(corev1.Resource("nodes"), "n1", nil)
	})
	if node, reason := NodeTrouble(t.Context(), api(client), "ns", "img-1"); node != "" || reason != "" {
		t.Errorf("%q, %q", node, reason)
	}
}

func TestWhoDeletedAPodIsReadFromItsConditions(t *testing.T) {
	pod := builderPod()
	if err := deleted(pod); err.Reason != "" || err.Hint() == "" {
		t.Errorf("%+v", err)
	}
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager", Message: "Taint manager:\ndeleting due to NoExecute taint",
	}}
	if got, want := deleted(pod).Error(), "the builder pod was deleted: DeletionByTaintManager: Taint manager: deleting due to NoExecute taint"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOwnerIsThePodThatThisProcessRunsIn(t *testing.T) {
	agent := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "agent", UID: "u"},
		Status:     corev1.PodStatus{PodIPs: []corev1.PodIP{{IP: "10.0.0.7"}}},
	}
	a := api(fake.NewClientset(agent))
	for _, c := range []struct {
		self      Self
		namespace string
		owned     bool
	}{
		{Self{"agent", []string{"127.0.0.1", "10.0.0.7"}}, "ns", true},
		{Self{"agent", []string{"10.0.0.8"}}, "ns", false}, // a machine of the same name
		{Self{"agent", []string{"10.0.0.7"}}, "other", false},
		{Self{"laptop", []string{"10.0.0.7"}}, "ns", false},
	} {
		owners := Owner(t.Context(), a, c.namespace, c.self)
		if (len(owners) == 1) != c.owned || c.owned && owners[0].UID != "u" {
			t.Errorf("%+v in %s: %+v", c.self, c.namespace, owners)
		}
	}
}
