package podspec

import (
	"maps"
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

// engineRequests is enough for an engine whose build steps run in other containers.
func engineRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("100m"),
		corev1.ResourceMemory:           resource.MustParse("128Mi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Gi"),
	}
}

// engineMemory is the memory limit of such an engine, where the user limits memory. It does not grow with the context or the image.
const engineMemory = "512Mi"

// builderResources returns those of the builder container. Where build steps have containers of their own, the user's requests are for those.
func (o Options) builderResources() corev1.ResourceRequirements {
	if !o.Profile.SeparatesSteps() {
		return resources(defaultRequests(), o.Requests, o.Limits)
	}
	// A quota of limits wants one in every container. The engine copies files and compresses layers, and it keeps them on the pod's disk.
	limits := o.Limits.DeepCopy()
	if _, ok := limits[corev1.ResourceMemory]; ok {
		limits[corev1.ResourceMemory] = resource.MustParse(engineMemory)
	}
	return resources(engineRequests(), nil, limits)
}

// share divides requests among n containers.
func share(requests corev1.ResourceList, n int) corev1.ResourceList {
	if n < 2 {
		return requests
	}
	out := corev1.ResourceList{}
	for name, q := range requests {
		if name == corev1.ResourceCPU {
			out[name] = *resource.NewMilliQuantity(max(1, q.MilliValue()/int64(n)), q.Format)
		} else {
			out[name] = *resource.NewQuantity(max(1, q.Value()/int64(n)), q.Format)
		}
	}
	return out
}

// resources overrides the default requests. It lowers a default to the limit, because the API server rejects a request above its limit.
func resources(defaults, requests, limits corev1.ResourceList) corev1.ResourceRequirements {
	for name, def := range defaults {
		if limit, ok := limits[name]; ok && limit.Cmp(def) < 0 {
			defaults[name] = limit.DeepCopy()
		}
	}
	for name, q := range requests {
		defaults[name] = q.DeepCopy()
	}
	return corev1.ResourceRequirements{Requests: defaults, Limits: limits.DeepCopy()}
}

// defaultsOf returns the default requests of one of our containers.
func defaultsOf(pod *corev1.Pod, container string) corev1.ResourceList {
	if container == Container && len(Steps(pod)) > 0 {
		return engineRequests()
	}
	return defaultRequests()
}

// DefaultRequests returns, for each of our containers, the resources for which it has the default request. given are the requests of the options.
func DefaultRequests(pod *corev1.Pod, given corev1.ResourceList) map[string][]corev1.ResourceName {
	all := map[string][]corev1.ResourceName{}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if c.Name != Container && !isStep(pod, c.Name) {
			continue
		}
		for name, def := range defaultsOf(pod, c.Name) {
			request, ok := c.Resources.Requests[name]
			// The options' requests are for the container in which build steps run.
			_, chosen := given[name]
			chosen = chosen && (c.Name != Container || len(Steps(pod)) == 0)
			if ok && !chosen && request.Equal(def) {
				all[c.Name] = append(all[c.Name], name)
			}
		}
		slices.Sort(all[c.Name])
	}
	maps.DeleteFunc(all, func(_ string, names []corev1.ResourceName) bool { return len(names) == 0 })
	return all
}

// lowerDefaults lowers the default requests to the limits of a template. Requests that somebody chose stay as they are.
func lowerDefaults(r corev1.ResourceRequirements, defaults corev1.ResourceList) {
	for name, def := range defaults {
		request, limit := r.Requests[name], r.Limits[name]
		if request.Equal(def) && !limit.IsZero() && limit.Cmp(def) < 0 {
			r.Requests[name] = limit.DeepCopy()
		}
	}
}
