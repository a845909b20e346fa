package doctor

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// ProfilePod is a profile and its builder pod.
type ProfilePod struct {
	Profile string
	Pod     *corev1.Pod
}

// Exam examines one namespace.
type Exam struct {
	Client     kubernetes.Interface
	Namespace  string
	Candidates []ProfilePod // from the most isolated profile to the least
	// DefaultRequests lists the resources for which the user has chosen no request. A build may change these requests.
	DefaultRequests []corev1.ResourceName
	// ServerTime returns the current time by the API server's clock, or zero if the server does not send the time.
	ServerTime func() time.Time
	// Kubelet sends a GET request for path to a node's kubelet, through the API server.
	Kubelet func(ctx context.Context, node, path string) ([]byte, error)
}
