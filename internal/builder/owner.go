package builder

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Host is the machine or the pod that this process runs in.
type Host struct {
	Hostname  string
	Addresses []string // of its network interfaces
}

// Owner returns a reference to the pod that this process runs in, so that Kubernetes deletes the builder pod together with it. It
// returns nil if this process does not run in a pod of the namespace, or if the user may not get pods.
func Owner(ctx context.Context, api *API, namespace string, host Host) []metav1.OwnerReference {
	pod, err := api.Get(ctx, namespace, host.Hostname)
	if err != nil || !host.is(pod) {
		return nil
	}
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}}
}

// is compares addresses, because a machine outside of the cluster can have the name of a pod.
func (h Host) is(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return slices.Contains(h.Addresses, ip.IP) })
}
