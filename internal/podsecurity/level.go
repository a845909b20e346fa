// Package podsecurity knows the Pod Security levels, reads the API server's refusals of a pod for its security settings, and
// compares the settings of two pods.
package podsecurity

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// StrictestLevel returns the strictest level that admits the pod, by the latest version of Kubernetes' own checks.
func StrictestLevel(pod *corev1.Pod) api.Level {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return api.LevelPrivileged
	}
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
		if policy.AggregateCheckResults(results).Allowed {
			return level
		}
	}
	return api.LevelPrivileged
}
