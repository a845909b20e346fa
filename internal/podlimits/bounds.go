// Package podlimits reads why the API server rejects the resource requests of a pod, and finds requests that it accepts. The bounds come
// from the namespace's LimitRanges: either directly, or as default limits that they give to the container.
package podlimits

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
)

// requestBound is the value that a request must have at most or at least.
type requestBound struct {
	resource corev1.ResourceName
	quantity resource.Quantity
	minimum  bool
}

// The texts of kubernetes/plugin/pkg/admission/limitranger and kubernetes/pkg/apis/core/validation. The API server has no fields for the
// quantities.
var (
	aboveLimit   = regexp.MustCompile(`must be less than or equal to (\S+) limit of (\S+)`)
	aboveMaximum = regexp.MustCompile(`maximum (\S+) usage per (?:Container|Pod) is ([^\s,]+), but request is`)
	belowMinimum = regexp.MustCompile(`minimum (\S+) usage per (?:Container|Pod) is ([^\s,]+), but request is`)
)

// bounds returns the bounds that the container's requests do not meet, according to the API server's error. It returns none if the error
// is about anything else.
func bounds(pod *corev1.Pod, container string, err error) []requestBound {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return nil
	}
	var found []requestBound
	add := func(text string, pattern *regexp.Regexp, minimum bool) {
		for _, match := range pattern.FindAllStringSubmatch(text, -1) {
			quantity, err := resource.ParseQuantity(match[2])
			b := requestBound{corev1.ResourceName(match[1]), quantity, minimum}
			if err == nil && !slices.ContainsFunc(found, func(other requestBound) bool { return other.resource == b.resource }) {
				found = append(found, b)
			}
		}
	}
	answer := status.Status()
	if apierrors.IsInvalid(err) && answer.Details != nil {
		for _, cause := range answer.Details.Causes {
			if ofContainer(cause.Field, pod, container) {
				add(cause.Message, aboveLimit, false)
			}
		}
	}
	// These do not name the container.
	if apierrors.IsForbidden(err) && len(pod.Spec.Containers)+len(pod.Spec.InitContainers) == 1 {
		add(answer.Message, aboveMaximum, false)
		add(answer.Message, belowMinimum, true)
	}
	return found
}

// ofContainer reports whether a field's path, such as spec.containers[0].resources.requests, is below the container.
func ofContainer(field string, pod *corev1.Pod, container string) bool {
	i := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	return i >= 0 && strings.HasPrefix(field, fmt.Sprintf("spec.containers[%d].resources", i))
}
