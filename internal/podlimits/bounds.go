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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// requestBound is the value that a request must have at most or at least.
type requestBound struct {
	container string
	resource  corev1.ResourceName
	quantity  resource.Quantity
	minimum   bool
}

// The texts of kubernetes/plugin/pkg/admission/limitranger and kubernetes/pkg/apis/core/validation. The API server has no fields for the
// quantities.
var (
	aboveLimit   = regexp.MustCompile(`must be less than or equal to (\S+) limit of (\S+)`)
	aboveMaximum = regexp.MustCompile(`maximum (\S+) usage per (Container|Pod) is ([^\s,]+), but request is`)
	belowMinimum = regexp.MustCompile(`minimum (\S+) usage per (Container|Pod) is ([^\s,]+), but request is`)
)

// bounds returns the bounds that the requests of the containers do not meet, according to the API server's error. It returns none if the error
// is about anything else.
func bounds(pod *corev1.Pod, containers []string, err error) []requestBound {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return nil
	}
	var found []requestBound
	for _, b := range slices.Concat(ofValidation(pod, err, status.Status()), ofLimitRanger(pod, containers, err, status.Status())) {
		known := slices.ContainsFunc(found, func(other requestBound) bool { return other.container == b.container && other.resource == b.resource })
		if !known && slices.Contains(containers, b.container) {
			found = append(found, b)
		}
	}
	return found
}

// ofValidation reads the validation's error, which names the container by its place.
func ofValidation(pod *corev1.Pod, err error, answer metav1.Status) []requestBound {
	if !apierrors.IsInvalid(err) || answer.Details == nil {
		return nil
	}
	var found []requestBound
	for _, cause := range answer.Details.Causes {
		for _, match := range aboveLimit.FindAllStringSubmatch(cause.Message, -1) {
			if q, err := resource.ParseQuantity(match[2]); err == nil {
				found = append(found, requestBound{ofContainer(cause.Field, pod), corev1.ResourceName(match[1]), q, false})
			}
		}
	}
	return found
}

// ofLimitRanger reads the LimitRanger's error, which does not name the container. It is read only if each container of the pod is one of ours.
func ofLimitRanger(pod *corev1.Pod, containers []string, err error, answer metav1.Status) []requestBound {
	if !apierrors.IsForbidden(err) || len(pod.Spec.Containers)+len(pod.Spec.InitContainers) != len(containers) {
		return nil
	}
	var found []requestBound
	add := func(pattern *regexp.Regexp, minimum bool) {
		for _, match := range pattern.FindAllStringSubmatch(answer.Message, -1) {
			q, err := resource.ParseQuantity(match[3])
			if err != nil || match[2] == "Pod" && len(containers) > 1 { // nobody says which container is to have less
				continue
			}
			name := corev1.ResourceName(match[1])
			for _, container := range violating(pod, containers, name, q, minimum) {
				found = append(found, requestBound{container, name, q, minimum})
			}
		}
	}
	add(aboveMaximum, false)
	add(belowMinimum, true)
	return found
}

// violating returns the containers whose request is out of a bound. A single container is the one that the API server means.
func violating(pod *corev1.Pod, containers []string, name corev1.ResourceName, bound resource.Quantity, minimum bool) []string {
	if len(containers) == 1 {
		return containers
	}
	var out []string
	for _, container := range containers {
		request := requestsOf(pod, container)[name]
		if compared := request.Cmp(bound); compared > 0 && !minimum || compared < 0 && minimum {
			out = append(out, container)
		}
	}
	return out
}

// ofContainer returns the container that a field's path, such as spec.containers[0].resources.requests, is below; it is empty for another path.
func ofContainer(field string, pod *corev1.Pod) string {
	for list, containers := range map[string][]corev1.Container{"containers": pod.Spec.Containers, "initContainers": pod.Spec.InitContainers} {
		for i, c := range containers {
			if strings.HasPrefix(field, fmt.Sprintf("spec.%s[%d].resources", list, i)) {
				return c.Name
			}
		}
	}
	return ""
}

func requestsOf(pod *corev1.Pod, container string) corev1.ResourceList {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if c.Name == container {
			return c.Resources.Requests
		}
	}
	return nil
}
