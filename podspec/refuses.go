package podspec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// RefusesToo reports whether the control, which has refused the pod tried, refuses the profile's pod next as well on the same node: the
// profile depends on it, and the two pods ask for the same.
func (c Control) RefusesToo(tried *corev1.Pod, profile Profile, next *corev1.Pod) bool {
	if !slices.Contains(profile.definition().needs, c) {
		return false
	}
	asked := c.asked(next)
	return asked != "" && asked == c.asked(tried)
}
