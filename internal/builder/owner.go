package builder

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// Owner returns a reference to the pod that this process runs in, so that Kubernetes deletes the builder pod together with it. It
// returns nil if this process does not run in a pod of the namespace, or if the user may not get pods.
func Owner(ctx context.Context, api *API, namespace string, host cli.Host) []metav1.OwnerReference {
	pod, err := api.Get(ctx, namespace, host.Hostname)
	if err != nil || !isPod(host, pod) {
		return nil
	}
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}}
}

// isPod compares addresses, because a machine outside of the cluster can have the name of a pod.
func isPod(host cli.Host, pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return slices.Contains(host.Addresses, ip.IP) })
}
