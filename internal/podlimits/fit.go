package podlimits

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// attempts bounds how often Fit sends a pod. Validation and admission report their bounds one after the other.
const attempts = 4

// Fit sends a pod, and sends it again with other requests as long as the API server rejects only the requests of adjustable resources as
// too high or too low. It moves a request in one direction only. adjusted has the requests that it changed; it is empty if there is an error.
func Fit(pod *corev1.Pod, container string, adjustable []corev1.ResourceName, send func(*corev1.Pod) error) (adjusted corev1.ResourceList, err error) {
	adjusted = corev1.ResourceList{}
	raised := map[corev1.ResourceName]bool{}
	for range attempts {
		if err = send(pod); err == nil {
			return adjusted, nil
		}
		found := bounds(pod, container, err)
		if len(found) == 0 || slices.ContainsFunc(found, func(b requestBound) bool { return !slices.Contains(adjustable, b.resource) }) {
			return nil, err
		}
		pod = pod.DeepCopy()
		requests := requestsOf(pod, container)
		for _, b := range found {
			current := requests[b.resource]
			wasRaised, moved := raised[b.resource]
			if meets := current.Cmp(b.quantity); meets == 0 || (meets < 0) != b.minimum || moved && wasRaised != b.minimum {
				return nil, err
			}
			requests[b.resource], adjusted[b.resource], raised[b.resource] = b.quantity, b.quantity, b.minimum
		}
	}
	return nil, err
}

func requestsOf(pod *corev1.Pod, container string) corev1.ResourceList {
	for _, c := range pod.Spec.Containers {
		if c.Name == container {
			return c.Resources.Requests
		}
	}
	return nil
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
