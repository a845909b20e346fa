package builds

import (
	"errors"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Status returns what a build is doing, in the form of kubectl's STATUS column. Phase is the supervisor's, or empty if it was not asked.
func Status(pod *corev1.Pod, phase string) string {
	end := builder.End(pod, podspec.Container)
	switch {
	case pod.DeletionTimestamp != nil:
		return "Terminating"
	case end != nil:
		return endStatus(end)
	case pod.Status.Phase != corev1.PodRunning:
		return string(corev1.PodPending)
	}
	if status, ok := phaseStatus()[phase]; ok {
		return status
	}
	return string(corev1.PodRunning)
}

func phaseStatus() map[string]string {
	return map[string]string{
		"upload": "Uploading", "context": "Unpacking", session.PhaseLogin: "LoggingIn",
		string(engine.PhaseBuild): "Building", string(engine.PhaseDigest): "Building",
		string(engine.PhasePush): "Pushing", string(engine.PhaseOutput): "Exporting",
	}
}

func endStatus(end *builder.Termination) string {
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
