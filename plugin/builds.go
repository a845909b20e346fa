package plugin

import (
	"errors"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// tagsOf returns the references that a builder pod pushes its image to. It skips what is no reference: others can change annotations.
func tagsOf(pod *corev1.Pod) []string {
	var tags []string
	for tag := range strings.SplitSeq(pod.Annotations[podspec.AnnotationTags], ",") {
		if parsed, err := parseTag(tag); err == nil && parsed.Reference == tag {
			tags = append(tags, tag)
		}
	}
	return tags
}

// adopted is the plan of a build that another run has started, as far as its pod knows it.
func adopted(pod *corev1.Pod) *Plan {
	tags := tagsOf(pod)
	plan := &Plan{
		Pod: pod, Profile: podspec.Profile(pod.Annotations[podspec.AnnotationProfile]),
		Build: engine.Build{Tags: tags, Push: len(tags) > 0}, DetachGrace: graceOf(pod), Keep: true,
	}
	for _, tag := range tags {
		plan.Tags = append(plan.Tags, Tag{Reference: tag, Repository: withoutTag(tag)})
	}
	repository := pod.Annotations[podspec.AnnotationRepository]
	if parsed, err := parseTag(repository); err == nil && parsed.Repository == repository && len(tags) > 0 {
		plan.Tags[0].Repository = repository
	}
	return plan
}

// graceOf is how long the pod waits for a client, as its environment has it.
func graceOf(pod *corev1.Pod) time.Duration {
	for _, c := range pod.Spec.Containers {
		for _, e := range c.Env {
			if seconds, err := strconv.Atoi(e.Value); e.Name == session.EnvGrace && err == nil && seconds > 0 {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return time.Minute
}

// status is what a build is at, in the form of kubectl's STATUS column; phase is the supervisor's word, if it was asked.
func status(pod *corev1.Pod, phase string) string {
	end := builder.End(pod, podspec.Container)
	switch {
	case pod.DeletionTimestamp != nil:
		return "Terminating"
	case end != nil:
		return howEnded(end)
	case pod.Status.Phase != corev1.PodRunning:
		return string(corev1.PodPending)
	}
	if word, ok := phases()[phase]; ok {
		return word
	}
	return string(corev1.PodRunning)
}

// phases are the supervisor's, in the form of a status.
func phases() map[string]string {
	return map[string]string{
		"upload": "Uploading", "context": "Unpacking", session.PhaseLogin: "LoggingIn",
		string(engine.PhaseBuild): "Building", string(engine.PhaseDigest): "Building",
		string(engine.PhasePush): "Pushing", string(engine.PhaseOutput): "Exporting",
	}
}

// howEnded is how a pod that ended did.
func howEnded(end *builder.Termination) string {
	result, err := session.ParseResult(end.Message)
	switch {
	case err == nil && end.Code == 0 && result != (session.Result{}):
		return "Done"
	case errors.As(err, new(*session.JobError)), end.Reason == "", end.Reason == "Completed":
		return "Failed"
	default:
		return end.Reason
	}
}
