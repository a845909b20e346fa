package builder

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// reasonStepEnded is the reason of a StartError: a container for build steps does not stay. No image of an earlier release knows what runs in it.
const reasonStepEnded = "StepContainerEnded"

// Reasons of the kubelet for a pod that it rejects, and for what the container runtime could not create or start.
const (
	reasonAppArmor    = "AppArmor" // the pod names an AppArmor profile that the node can't enforce
	reasonNoContainer = "CreateContainerError"
	reasonNotRun      = "RunContainerError"
	reasonNoSandbox   = "FailedCreatePodSandBox" // the kubelet tries again and never gives up
)

// refusalWords are words of the kubelet, containerd, CRI-O, runc and crun, in lower case.
var refusalWords = []struct {
	word    string
	control podspec.Control
}{
	{"seccomp", podspec.Seccomp},
	{"apparmor", podspec.AppArmor},
	{"user namespace", podspec.PodUserNamespace},
	{"usernamespace", podspec.PodUserNamespace},
	{"userns", podspec.PodUserNamespace},
	{"uid_map", podspec.PodUserNamespace},
	{"idmap", podspec.PodUserNamespace}, // MOUNT_ATTR_IDMAP too
	{"id-map", podspec.PodUserNamespace},
	{"mount_setattr", podspec.PodUserNamespace},
	{"hostusers", podspec.PodUserNamespace},
	{"procmount", podspec.WholeProc},
}

// refusing reads the kubelet's reason and the runtime's message for a pod or container that does not start. It returns the control that
// refuses it, and false if the message is about something else. Of several words the first one counts: a profile may be named after another control.
func refusing(reason, message string) (control podspec.Control, ok bool) {
	switch reason {
	case reasonAppArmor:
		return podspec.AppArmor, true
	case reasonStepEnded:
		return podspec.StepContainers, true
	case reasonNoContainer, reasonNotRun, "StartError", "ContainerCannotRun", reasonNoSandbox:
	default:
		return "", false
	}
	message = strings.ToLower(message)
	first := len(message)
	for _, w := range refusalWords {
		if i := strings.Index(message, w.word); i >= 0 && i < first {
			first, control = i, w.control
		}
	}
	return control, control != ""
}
