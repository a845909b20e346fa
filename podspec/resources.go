package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// defaultRequests is enough for a small build and keeps a node from being filled with builders it can't feed.
func defaultRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("200m"),
		corev1.ResourceMemory:           resource.MustParse("256Mi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Gi"),
	}
}

// resources puts requests over the defaults. A default never exceeds a limit: the API server would refuse the pod.
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

// lowerDefaults does the same after a template set a limit of its own; a request that somebody chose stays, and is theirs to explain.
func lowerDefaults(r corev1.ResourceRequirements) {
	for name, def := range defaultRequests() {
		request, limit := r.Requests[name], r.Limits[name]
		if request.Equal(def) && !limit.IsZero() && limit.Cmp(def) < 0 {
			r.Requests[name] = limit.DeepCopy()
		}
	}
}
