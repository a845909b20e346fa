package podspec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// defaultRequests is enough for a small build. It keeps the scheduler from filling a node with more builders than it can run.
func defaultRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("200m"),
		corev1.ResourceMemory:           resource.MustParse("256Mi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Gi"),
	}
}

// resources overrides the default requests. It lowers a default to the limit, because the API server rejects a request above its limit.
func resources(requests, limits corev1.ResourceList) corev1.ResourceRequirements {
	out := defaultRequests()
	for name, def := range out {
		if limit, ok := limits[name]; ok && limit.Cmp(def) < 0 {
			out[name] = limit.DeepCopy()
		}
	}
	for name, q := range requests {
		out[name] = q.DeepCopy()
	}
	return corev1.ResourceRequirements{Requests: out, Limits: limits.DeepCopy()}
}

// DefaultRequests returns the resources for which the pod has the default request. given are the requests of the options.
func DefaultRequests(pod *corev1.Pod, given corev1.ResourceList) []corev1.ResourceName {
	var names []corev1.ResourceName
	for _, c := range pod.Spec.Containers {
		for name, def := range defaultRequests() {
			request, ok := c.Resources.Requests[name]
			if _, chosen := given[name]; c.Name == Container && ok && !chosen && request.Equal(def) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// lowerDefaults lowers the default requests to the limits of a template. Requests that somebody chose stay as they are.
func lowerDefaults(r corev1.ResourceRequirements) {
	for name, def := range defaultRequests() {
		request, limit := r.Requests[name], r.Limits[name]
		if request.Equal(def) && !limit.IsZero() && limit.Cmp(def) < 0 {
			r.Requests[name] = limit.DeepCopy()
		}
	}
}
