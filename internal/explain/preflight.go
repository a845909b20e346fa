package explain

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// refusals are the words of the supervisor's check for what refuses the pod. Messages that are not here say nothing about the pods of other profiles.
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

// controlOf returns what refuses the pod; it is empty if the pod's check does not know, or if it holds for this pod only.
func controlOf(job *session.JobError) podspec.Control {
	if !job.Blocked() {
		return ""
	}
	for _, r := range refusals {
		if strings.HasPrefix(job.Message, r.words) {
			return r.control
		}
	}
	return ""
}
