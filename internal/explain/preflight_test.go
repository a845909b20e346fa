package explain

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestPreflightControl reads every reason of the check from its script, so that a new one needs a row: the control that it names, or none
// because it says nothing about the pods of other profiles.
func TestPreflightControl(t *testing.T) {
	want := map[string]podspec.Control{
		"the node gave the pod no user namespace (hostUsers: false), which profile $PROFILE asks for":                              podspec.PodUserNamespace,
		"the node covers parts of /proc (procMount), which keeps a pid namespace of their own from build steps":                    podspec.WholeProc,
		"the node applies no seccomp profile, which profile $PROFILE asks for":                                                     podspec.Seccomp,
		"the seccomp profile of the pod denies $1":                                                                                 podspec.Seccomp,
		"the AppArmor profile $apparmor denies $1":                                                                                 podspec.AppArmor,
		"AppArmor keeps unconfined processes from user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1 on the node)": podspec.NoAppArmor,
		"user.max_user_namespaces is 0 on the node":                                                                                podspec.UserNamespaces,
		"kernel.unprivileged_userns_clone is 0 on the node":                                                                        podspec.UserNamespaces,
		"the kernel of the node denies $1":                                                                                         podspec.UserNamespaces,
		"no_new_privs is set (allowPrivilegeEscalation: false), which takes newuidmap's capability away":                           podspec.IDMapping,
		"the pod lacks the capabilities SETUID and SETGID (bounding set $bounding_set), which newuidmap takes":                     podspec.IDMapping,
		"build steps can't run in a container of their own: $(printf %s ":                                                          podspec.StepContainers,
		"the limit of user namespaces (user.max_user_namespaces) is reached on the node, or they are nested too deep":              "",
		"range $range of $file exceeds the $ids ids of the pod":                                                                    "",
		"the engine does not start: $(printf %s ":                                                                                  "",
		"$(printf %s ": "",
	}
	script, err := os.ReadFile("../session/supervisor/check.sh")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`node_problem "([^"]*)"`).FindAllSubmatch(script, -1)
	if len(found) != len(want) {
		t.Errorf("the script has %d reasons, the table %d", len(found), len(want))
	}
	for _, match := range found {
		reason := string(match[1])
		control, known := want[reason]
		if !known {
			t.Errorf("no row for %q", reason)
		}
		job := &session.JobError{Phase: session.PhasePreflight, Code: 2, Message: strings.NewReplacer("$apparmor", "cri-containerd.apparmor.d (enforce)").Replace(reason)}
		if got := controlOf(job); got != control {
			t.Errorf("%q: control %q, want %q", reason, got, control)
		}
		if job.Phase = "build"; controlOf(job) != "" { // a build step says anything
			t.Errorf("%q counts in a build", reason)
		}
	}
}
