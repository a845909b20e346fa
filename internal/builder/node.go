package builder

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// nodePause is the time between two questions whether the node is lost.
const nodePause = time.Second

// LostNode returns the name of the pod's node and why it is lost. It waits for as long as patience for the control plane to notice, which takes it most
// of a minute. Both are empty if the node is not lost, or if nobody answers.
func LostNode(ctx context.Context, api *API, namespace, name string, patience time.Duration) (node, reason string) {
	for start := time.Now(); ; {
		pod, err := api.Get(ctx, namespace, name)
		if err != nil || pod.Spec.NodeName == "" {
			return "", ""
		}
		if reason := notReady(ctx, api, pod); reason != "" {
			return pod.Spec.NodeName, reason
		}
		if time.Since(start)+nodePause > patience {
			return "", ""
		}
		select {
		case <-time.After(nodePause):
		case <-ctx.Done():
			return "", ""
		}
	}
}

// notReady returns why the pod's node is not ready. A user who may not get nodes learns from the pod that it is lost, and not why.
func notReady(ctx context.Context, api *API, pod *corev1.Pod) string {
	var found *corev1.Node
	err := api.retry(ctx, retryLimits{requestLimit, requestLimit}, func(ctx context.Context, client kubernetes.Interface) (err error) {
		found, err = client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
		return err
	})
	if err == nil {
		for _, c := range found.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
				return oneLine(c.Reason + ": " + c.Message)
			}
		}
		return ""
	}
	if nodeIsLost(pod) {
		return "Kubernetes hears nothing from it"
	}
	return ""
}

// nodeIsLost reports whether the control plane has given up the pod's node: then it says that the pod is not ready, although its containers were when
// the kubelet was last heard.
func nodeIsLost(pod *corev1.Pod) bool {
	status := map[corev1.PodConditionType]corev1.ConditionStatus{}
	for _, c := range pod.Status.Conditions {
		status[c.Type] = c.Status
	}
	return pod.DeletionTimestamp == nil && len(pod.Spec.ReadinessGates) == 0 &&
		status[corev1.ContainersReady] == corev1.ConditionTrue && status[corev1.PodReady] == corev1.ConditionFalse
}
