package builder

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Self is where this process runs, as it knows it.
type Self struct {
	Hostname  string
	Addresses []string // of its network interfaces
}

// Owner returns a reference to the pod that this process runs in, so that Kubernetes deletes the builder with it. There is
// none outside of pods, in a pod of another namespace, and where the user may not get pods.
func Owner(ctx context.Context, api *API, namespace string, self Self) []metav1.OwnerReference {
	pod, err := api.Get(ctx, namespace, self.Hostname)
	if err != nil || !self.is(pod) {
		return nil
	}
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}}
}

// is compares addresses too: a machine outside may have the name of a pod.
func (s Self) is(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return slices.Contains(s.Addresses, ip.IP) })
}
