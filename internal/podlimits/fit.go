package podlimits

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// attempts bounds how often Fit sends a pod. Validation and admission report their bounds one after the other.
const attempts = 4

// Adjustable has the names of containers, each with the resources of which the request can be changed.
type Adjustable map[string][]corev1.ResourceName

// Fit sends a pod, and sends it again with other requests as long as the API server rejects only adjustable requests of the containers as
// too high or too low. It moves a request in one direction only. adjusted has the requests that it changed; it is empty if there is an error.
func Fit(pod *corev1.Pod, containers []string, adjustable Adjustable, send func(*corev1.Pod) error) (adjusted corev1.ResourceList, err error) {
	type request struct {
		container string
		resource  corev1.ResourceName
	}
	adjusted = corev1.ResourceList{}
	raised := map[request]bool{}
	for range attempts {
		if err = send(pod); err == nil {
			return adjusted, nil
		}
		found := bounds(pod, containers, err)
		if len(found) == 0 || slices.ContainsFunc(found, func(b requestBound) bool { return !slices.Contains(adjustable[b.container], b.resource) }) {
			return nil, err
		}
		pod = pod.DeepCopy()
		for _, b := range found {
			requests := requestsOf(pod, b.container)
			current := requests[b.resource]
			wasRaised, moved := raised[request{b.container, b.resource}]
			if meets := current.Cmp(b.quantity); meets == 0 || (meets < 0) != b.minimum || moved && wasRaised != b.minimum {
				return nil, err
			}
			requests[b.resource], adjusted[b.resource], raised[request{b.container, b.resource}] = b.quantity, b.quantity, b.minimum
		}
	}
	return nil, err
}

// Text returns the requests as the value of --request.
func Text(requests corev1.ResourceList) string {
	var parts []string
	for name, quantity := range requests {
		parts = append(parts, fmt.Sprintf("%s=%s", name, quantity.String()))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}
