package builder

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

func TestOwner(t *testing.T) {
	agent := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "agent", UID: "u"},
		Status:     corev1.PodStatus{PodIPs: []corev1.PodIP{{IP: "10.0.0.7"}}},
	}
	api := newAPI(fake.NewClientset(agent))
	for name, c := range map[string]struct {
		host      cli.Host
		namespace string
		owned     bool
	}{
		"process in the pod":               {cli.Host{Hostname: "agent", Addresses: []string{"127.0.0.1", "10.0.0.7"}}, "ns", true},
		"machine with the pod's name":      {cli.Host{Hostname: "agent", Addresses: []string{"10.0.0.8"}}, "ns", false},
		"pod of another namespace":         {cli.Host{Hostname: "agent", Addresses: []string{"10.0.0.7"}}, "other", false},
		"machine outside with its address": {cli.Host{Hostname: "laptop", Addresses: []string{"10.0.0.7"}}, "ns", false},
	} {
		t.Run(name, func(t *testing.T) {
			owners := Owner(t.Context(), api, c.namespace, c.host)
			if (len(owners) == 1) != c.owned || c.owned && owners[0].UID != "u" {
				t.Errorf("%+v", owners)
			}
		})
	}
}

// TestOwnerWithoutAddress has a process that starts before the kubelet has reported the address of its pod.
func TestOwnerWithoutAddress(t *testing.T) {
	agent := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "agent", UID: "u"}}
	clients, gets := fake.NewClientset(agent), 0
	clients.PrependReactor("get", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		pod := agent.DeepCopy()
		if gets++; gets > 2 {
			pod.Status.PodIPs = []corev1.PodIP{{IP: "10.0.0.7"}}
		}
		return true, pod, nil
	})
	if owners := Owner(t.Context(), newAPI(clients), "ns", cli.Host{Hostname: "agent", Addresses: []string{"10.0.0.7"}}); len(owners) != 1 {
		t.Errorf("%+v", owners)
	}
}
