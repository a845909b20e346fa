package builder

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// IsolationFailure returns why the cluster can't run a pod with its isolation. ok is false if err is about anything else, such as the
// image, a quota or a missing right.
//
// Neither the API server nor the kubelet has a field for this, so their texts decide. A text that is not known here counts as
// something else: then --profile auto stops early, and never takes a weaker profile by mistake.
func IsolationFailure(err error) (reason string, ok bool) {
	var weakened *podsecurity.WeakenedError
	var start *StartError
	var end *Termination
	var status *apierrors.StatusError
	switch {
	case errors.As(err, &weakened):
		return weakened.Error(), true
	case errors.As(err, &start):
		return start.Reason + ": " + start.message, aboutIsolation(start.Reason, start.message)
	case errors.As(err, &end):
		return end.Reason + ": " + oneLine(end.Message), aboutIsolation(end.Reason, end.Message)
	case errors.As(err, &status):
		return podsecurity.Refusal(status.ErrStatus)
	default:
		return "", false
	}
}

// aboutIsolation reads the kubelet's reason and the runtime's message for a pod or container that does not start.
func aboutIsolation(reason, message string) bool {
	switch reason {
	case "AppArmor": // the kubelet's reason on a node without AppArmor
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
