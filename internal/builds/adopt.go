package builds

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Adopt returns the plan of a build that another process has started, as far as its pod knows it.
func Adopt(pod *corev1.Pod) *build.Plan {
	names := Tags(pod)
	plan := &build.Plan{
		Pod: pod, Profile: podspec.Profile(pod.Annotations[podspec.AnnotationProfile]),
		Build: engine.Build{Tags: names, Push: len(names) > 0}, DetachGrace: gracePeriod(pod), Keep: true,
	}
	for _, tag := range names {
		if parsed, err := build.ParseTag(tag); err == nil {
			plan.Tags = append(plan.Tags, parsed)
		}
	}
	if typed := pod.Annotations[podspec.AnnotationRepository]; len(plan.Tags) > 0 {
		if parsed, err := build.ParseTag(typed); err == nil && parsed.Repository == typed {
			plan.Tags[0].Repository = typed
		}
	}
	return plan
}

// Tags returns the references that a builder pod pushes its image to. It skips invalid ones, because others can change annotations.
func Tags(pod *corev1.Pod) []string {
	var all []string
	for tag := range strings.SplitSeq(pod.Annotations[podspec.AnnotationTags], ",") {
		if parsed, err := build.ParseTag(tag); err == nil && parsed.Reference == tag {
			all = append(all, tag)
		}
	}
	return all
}

// annotation returns one line of an annotation. Others can change it, and it must not control the terminal of those who list builds.
func annotation(pod *corev1.Pod, key string) string { return cli.OneLine(pod.Annotations[key]) }

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
