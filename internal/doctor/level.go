package doctor

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// levelOf is the strictest Pod Security level that admits the pod, by Kubernetes' own rules.
func levelOf(pod *corev1.Pod) api.Level {
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
