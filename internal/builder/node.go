package builder

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// NodeNotReady returns the name of the pod's node and why it is not ready. Both are empty if the node is ready, or if the user may not
// get nodes.
func NodeNotReady(ctx context.Context, api *API, namespace, name string) (node, reason string) {
	pod, err := api.Get(ctx, namespace, name)
	if err != nil || pod.Spec.NodeName == "" {
		return "", ""
	}
	var found *corev1.Node
	err = api.retry(ctx, retryLimits{requestLimit, requestLimit}, func(ctx context.Context, client kubernetes.Interface) (err error) {
		found, err = client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
		return err
	})
	if err != nil {
		return "", ""
	}
	for _, c := range found.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return found.Name, oneLine(c.Reason + ": " + c.Message)
		}
	}
	return "", ""
}
