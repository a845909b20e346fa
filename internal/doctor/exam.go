package doctor

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/internal/podlimits"
	"github.com/kubectl-img/kubectl-img/podspec"
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

// first returns the pod that a build tries first.
func (e *Exam) first() *corev1.Pod {
	for _, c := range e.Candidates {
		if c.Profile == string(podspec.UserNS) {
			return c.Pod
		}
	}
	return e.Candidates[0].Pod
}

// adjustable returns the requests of the pod that a build may change.
func (e *Exam) adjustable(pod *corev1.Pod) podlimits.Adjustable {
	all := podlimits.Adjustable{}
	for _, container := range podspec.Ours(pod) {
		all[container] = e.DefaultRequests
	}
	return all
}
