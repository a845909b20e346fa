package podspec

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Step is the name of the first container for build steps; the others are step-2, step-3 and so on.
const Step = "step"

// MaxSteps is the largest number of containers for build steps that a pod can have.
const MaxSteps = 8

func stepName(n int) string {
	if n == 0 {
		return Step
	}
	return fmt.Sprintf("%s-%d", Step, n+1)
}

// Steps returns the names of the pod's containers for build steps. It is empty for a profile that runs build steps in the builder container.
func Steps(pod *corev1.Pod) []string {
	if !Profile(pod.Annotations[AnnotationProfile]).SeparatesSteps() {
		return nil
	}
	var names []string
	for n := range MaxSteps {
		if slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool { return c.Name == stepName(n) }) {
			names = append(names, stepName(n))
		}
	}
	return names
}

// StepsIn returns the name of a container in which the pod's build steps run. All of them have the same limits.
func StepsIn(pod *corev1.Pod) string {
	if len(Steps(pod)) > 0 {
		return Step
	}
	return Container
}

// Ours returns the names of the containers that a template can't change.
func Ours(pod *corev1.Pod) []string { return append([]string{Container}, Steps(pod)...) }

// isStep reports whether the init container is one for build steps.
func isStep(pod *corev1.Pod, name string) bool { return slices.Contains(Steps(pod), name) }
