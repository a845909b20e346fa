package builder

import (
	"testing"
	"time"

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

// onLostNode is a pod whose node the control plane has given up.
func onLostNode() *corev1.Pod {
	pod := running()
	pod.Spec.NodeName = "n1"
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.ContainersReady, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionFalse}}
	return pod
}

func TestLostNode(t *testing.T) {
	const said = "NodeStatusUnknown: Kubelet stopped posting node status."
	for name, c := range map[string]struct {
		ready        corev1.ConditionStatus
		mayNot       bool // get nodes
		changed      func(*corev1.Pod)
		node, reason string
	}{
		"ready":                            {ready: corev1.ConditionTrue},
		"unknown":                          {ready: corev1.ConditionUnknown, node: "n1", reason: said},
		"not ready":                        {ready: corev1.ConditionFalse, node: "n1", reason: said},
		"no right to get nodes":            {mayNot: true, node: "n1", reason: "Kubernetes hears nothing from it"},
		"no right, a pod that is deleted":  {mayNot: true, changed: func(p *corev1.Pod) { now := metav1.Now(); p.DeletionTimestamp = &now }},
		"no right, a ready pod":            {mayNot: true, changed: func(p *corev1.Pod) { p.Status.Conditions[1].Status = corev1.ConditionTrue }},
		"no right, containers not ready":   {mayNot: true, changed: func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }},
		"no right, a condition of its own": {mayNot: true, changed: func(p *corev1.Pod) { p.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "x"}} }},
	} {
		t.Run(name, func(t *testing.T) {
			pod := onLostNode()
			if c.changed != nil {
				c.changed(pod)
			}
			client := fake.NewClientset(pod, node(c.ready))
			if c.mayNot {
				client.PrependReactor("get", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
					return true, nil, apierrors.NewForbidden(corev1.Resource("nodes"), "n1", nil)
				})
			}
			if node, reason := LostNode(t.Context(), newAPI(client), "ns", "img-1", 0); node != c.node || reason != c.reason {
				t.Errorf("%q, %q; want %q, %q", node, reason, c.node, c.reason)
			}
		})
	}
	t.Run("the control plane notices later", func(t *testing.T) {
		client := fake.NewClientset(onLostNode(), node(corev1.ConditionTrue))
		go func() {
			<-time.After(100 * time.Millisecond)
			_, _ = client.CoreV1().Nodes().UpdateStatus(t.Context(), node(corev1.ConditionUnknown), metav1.UpdateOptions{})
		}()
		if node, reason := LostNode(t.Context(), newAPI(client), "ns", "img-1", 10*time.Second); node != "n1" || reason != said {
			t.Errorf("%q, %q", node, reason)
		}
	})
}
