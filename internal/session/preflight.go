package session

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// PhasePreflight is the phase of a JobError from the supervisor's check, which runs before the engine starts.
const PhasePreflight = "preflight"

// preflightBlocked is the exit code of the check if a setting of the pod or its node is the problem, and not the builder image.
const preflightBlocked = 2

// Blocked reports whether the pod's profile or its node keeps the engine from starting, or isolates it less than the profile asks.
// Another profile can work.
func (e *JobError) Blocked() bool { return e.Phase == PhasePreflight && e.Code == preflightBlocked }

// refusals are the check's words for what refuses the pod. Messages that are not here say nothing about the pods of other profiles.
var refusals = []struct {
	words   string
	control podspec.Control
}{
	{"the node gave the pod no user namespace", podspec.PodUserNamespace},
	{"the node covers parts of /proc", podspec.WholeProc},
	{"the node applies no seccomp profile", podspec.Seccomp},
	{"the seccomp profile of the pod denies ", podspec.Seccomp},
	{"the AppArmor profile ", podspec.AppArmor},
	{"AppArmor keeps unconfined processes from user namespaces", podspec.NoAppArmor},
	{"user.max_user_namespaces is 0", podspec.UserNamespaces},
	{"kernel.unprivileged_userns_clone is 0", podspec.UserNamespaces},
	{"the kernel of the node denies ", podspec.UserNamespaces},
	{"no_new_privs is set", podspec.IDMapping},
	{"the pod lacks the capabilities ", podspec.IDMapping},
	{"build steps can't run in a container of their own", podspec.StepContainers},
}

// Control returns what refuses a pod that is Blocked; it is empty if the check does not know, or if it holds for this pod only.
func (e *JobError) Control() podspec.Control {
	if !e.Blocked() {
		return ""
	}
	for _, r := range refusals {
		if strings.HasPrefix(e.Message, r.words) {
			return r.control
		}
	}
	return ""
}
