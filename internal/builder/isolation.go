package builder

import (
	"errors"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// Isolation says in a few words why the cluster refuses a pod for how it is isolated; ok is false where err is about anything else: the
// image, a quota, a missing right.
//
// Neither the API server nor the kubelet has a field for that, so their words decide. What is not among the words known here is no
// matter of isolation: then a build ends where it could have gone on with less, and never the other way round.
func Isolation(err error) (why string, ok bool) {
	var weakened *podsecurity.WeakenedError
	var start *StartError
	var end *Termination
	var status *apierrors.StatusError
	switch {
	case errors.As(err, &weakened):
		return weakened.Error(), true
	case errors.As(err, &start):
		return start.Reason + ": " + start.Message, aboutIsolation(start.Reason, start.Message)
	case errors.As(err, &end):
		return end.Reason + ": " + oneLine(end.Message), aboutIsolation(end.Reason, end.Message)
	case errors.As(err, &status):
		return podsecurity.Refusal(status.ErrStatus)
	default:
		return "", false
	}
}

// aboutIsolation reads a kubelet's reason and the runtime's message for a container, or a pod, that does not start.
func aboutIsolation(reason, message string) bool {
	switch reason {
	case "AppArmor": // the kubelet's, on a node without it
		return true
	case reasonNoContainer, "RunContainerError", "StartError", "ContainerCannotRun", reasonNoSandbox:
	default:
		return false
	}
	message = strings.ToLower(message)
	return slices.ContainsFunc([]string{
		"seccomp", "apparmor", "user namespace", "usernamespace", "userns", "uid_map", "idmap", "id-map", "mount_setattr", "hostusers", "procmount",
	}, func(word string) bool { return strings.Contains(message, word) })
}

// Words of the kubelet's events: kubernetes/pkg/kubelet/events.
const (
	reasonStarted   = "Started"
	reasonFailed    = "Failed"                 // also of images, without the prefix below
	reasonNoSandbox = "FailedCreatePodSandBox" // tried again for good
)

// cannotIsolate reads an event that says that the node can't isolate the pod. The pod's status says so later, or not at all.
func (p *Pod) cannotIsolate(e *corev1.Event) error {
	message, failed := strings.CutPrefix(oneLine(e.Message), "Error: ")
	switch {
	case e.Reason == reasonNoSandbox && aboutIsolation(reasonNoSandbox, message):
		return &StartError{Reason: reasonNoSandbox, Message: message, hint: "the nodes' container runtime and kernel may be too old for --profile userns; use --profile localhost"}
	case e.Reason == reasonFailed && failed && aboutIsolation(reasonNoContainer, message):
		return &StartError{reasonNoContainer, message, containerHint(p.want)}
	default:
		return nil
	}
}
