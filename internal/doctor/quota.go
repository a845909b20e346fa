package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// quotaUse returns how much of each quota resource one builder pod uses.
func quotaUse(pod *corev1.Pod) map[corev1.ResourceName]resource.Quantity {
	all := map[corev1.ResourceName]resource.Quantity{corev1.ResourcePods: resource.MustParse("1"), "count/pods": resource.MustParse("1")}
	add := func(name corev1.ResourceName, q resource.Quantity) {
		sum := all[name]
		sum.Add(q)
		all[name] = sum
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for name, q := range c.Resources.Requests {
			add(name, q)
			add("requests."+name, q)
		}
		for name, q := range c.Resources.Limits {
			add("limits."+name, q)
		}
	}
	return all
}

// quota checks that each quota has room for one builder pod.
func (e *Exam) quota(ctx context.Context, r *Report) {
	const name = "quota"
	quotas, err := e.Client.CoreV1().ResourceQuotas(e.Namespace).List(ctx, metav1.ListOptions{})
	switch {
	case err != nil:
		r.Add(name, Unknown, "", "no right to list resourcequotas in namespace %s; the lines of the profiles take them into account", e.Namespace)
		return
	case len(quotas.Items) == 0:
		r.Add(name, OK, "", "none in namespace %s", e.Namespace)
		return
	}
	need := quotaUse(e.first())
	for _, q := range quotas.Items {
		if short := shortfall(q.Status, need); len(short) > 0 {
			r.Add(name+" "+q.Name, Fail, fmt.Sprintf("kubectl edit resourcequota -n %s %s", e.Namespace, q.Name), "no room for a build: %s", strings.Join(short, ", "))
		} else {
			r.Add(name+" "+q.Name, OK, "", "room for a build")
		}
	}
}

// shortfall describes each resource of which the quota has too little left for need.
func shortfall(quota corev1.ResourceQuotaStatus, need map[corev1.ResourceName]resource.Quantity) []string {
	var short []string
	for _, name := range slices.Sorted(maps.Keys(quota.Hard)) {
		hard, used := quota.Hard[name], quota.Used[name]
		needed, counted := need[name]
		after := used.DeepCopy()
		after.Add(needed)
		switch {
		case !counted && strings.HasPrefix(string(name), "limits."):
			short = append(short, fmt.Sprintf("%s must be set: --limit %s=...", name, strings.TrimPrefix(string(name), "limits.")))
		case counted && after.Cmp(hard) > 0:
			short = append(short, fmt.Sprintf("%s needs %s, used %s of %s", name, needed.String(), used.String(), hard.String()))
		}
	}
	return short
}

// limits checks that the builder's requests are within each LimitRange for containers.
func (e *Exam) limits(ctx context.Context, r *Report) {
	const name = "limit range"
	ranges, err := e.Client.CoreV1().LimitRanges(e.Namespace).List(ctx, metav1.ListOptions{})
	switch {
	case err != nil:
		r.Add(name, Unknown, "", "no right to list limitranges in namespace %s; the lines of the profiles take them into account", e.Namespace)
		return
	case len(ranges.Items) == 0:
		r.Add(name, OK, "", "none in namespace %s", e.Namespace)
		return
	}
	resources := e.first().Spec.Containers[0].Resources
	for _, lr := range ranges.Items {
		line, found := name+" "+lr.Name, misfits(lr.Spec.Limits, resources)
		switch {
		case len(found) == 0:
			r.Add(line, OK, "", "the builder fits")
		case !slices.ContainsFunc(found, func(m misfit) bool { return !slices.Contains(e.DefaultRequests, m.resource) }):
			r.Add(line, Warn, "--limit and --request, if a build needs more", "a build adapts its default requests: %s", flags(found))
		default:
			r.Add(line, Fail, flags(found), "the builder does not fit")
		}
	}
}

// misfit is a request that is out of bounds.
type misfit struct {
	resource corev1.ResourceName
	fitting  resource.Quantity // the nearest one that is within
}

// flags returns the flags that set fitting requests.
func flags(misfits []misfit) string {
	var all []string
	for _, m := range misfits {
		all = append(all, fmt.Sprintf("--request %s=%s", m.resource, m.fitting.String()))
	}
	return strings.Join(all, "; ")
}

func misfits(items []corev1.LimitRangeItem, resources corev1.ResourceRequirements) []misfit {
	var all []misfit
	for _, item := range items {
		if item.Type != corev1.LimitTypeContainer {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(resources.Requests)) {
			request := resources.Requests[name]
			limit, limited := resources.Limits[name]
			if byDefault, ok := item.Default[name]; ok && !limited {
				limit, limited = byDefault, true
			}
			if maximum, ok := item.Max[name]; ok && (!limited || limit.Cmp(maximum) > 0) {
				limit, limited = maximum, true // the API server's default for the limit
			}
			minimum, bounded := item.Min[name]
			switch {
			case limited && request.Cmp(limit) > 0:
				all = append(all, misfit{name, limit})
			case bounded && request.Cmp(minimum) < 0:
				all = append(all, misfit{name, minimum})
			}
		}
	}
	return all
}
