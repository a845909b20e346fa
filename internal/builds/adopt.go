package builds

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Adopt returns the plan of a build that another process has started, as far as its pod knows it.
func Adopt(pod *corev1.Pod) *build.Plan {
	names := tags(pod)
	plan := &build.Plan{
		Pod: pod, Profile: podspec.Profile(pod.Annotations[podspec.AnnotationProfile]),
		Build: engine.Build{Tags: names, Push: len(names) > 0}, DetachGrace: gracePeriod(pod), Keep: true,
	}
	for _, tag := range names {
		plan.Tags = append(plan.Tags, build.Tag{Reference: tag, Repository: repository(tag)})
	}
	if name := pod.Annotations[podspec.AnnotationRepository]; name != "" && len(names) > 0 {
		plan.Tags[0].Repository = name
	}
	return plan
}

// tags returns every name that a builder pod pushes its image under.
func tags(pod *corev1.Pod) []string {
	if tags := pod.Annotations[podspec.AnnotationTags]; tags != "" {
		return strings.Split(tags, ",")
	}
	return nil
}

// repository drops the tag of a full reference. The reference comes from an annotation, so it may be anything.
func repository(reference string) string {
	if i := strings.LastIndex(reference, ":"); i > strings.LastIndex(reference, "/") {
		return reference[:i]
	}
	return reference
}

// gracePeriod returns how long the pod waits for a client, as its environment says.
func gracePeriod(pod *corev1.Pod) time.Duration {
	for _, c := range pod.Spec.Containers {
		for _, e := range c.Env {
			if seconds, err := strconv.Atoi(e.Value); e.Name == session.EnvGrace && err == nil && seconds > 0 {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return time.Minute
}
