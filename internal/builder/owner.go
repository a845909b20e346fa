package builder

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

const (
	// addressLimit bounds the wait for the address of this process' own pod. The kubelet reports it up to a second after a container runs.
	addressLimit = 5 * time.Second
	addressPause = 200 * time.Millisecond
)

// Owner returns a reference to the pod that this process runs in, so that Kubernetes deletes the builder pod together with it. It
// returns nil if this process does not run in a pod of the namespace, or if the user may not get pods.
func Owner(ctx context.Context, api *API, namespace string, host cli.Host) []metav1.OwnerReference {
	var pod *corev1.Pod
	_ = wait.PollUntilContextTimeout(ctx, addressPause, addressLimit, true, func(ctx context.Context) (_ bool, err error) {
		pod, err = api.Get(ctx, namespace, host.Hostname)
		return err == nil && len(pod.Status.PodIPs) > 0, err
	})
	if pod == nil || !isPod(host, pod) {
		return nil
	}
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}}
}

// isPod compares addresses, because a machine outside of the cluster can have the name of a pod.
func isPod(host cli.Host, pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return slices.Contains(host.Addresses, ip.IP) })
}
