package explain

import (
	"fmt"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestIsolation separates a failed check of the pod's isolation from every other failure.
func TestIsolation(t *testing.T) {
	blocked, image := &session.JobError{Phase: session.PhasePreflight, Code: 2, Message: "no"}, &session.JobError{Phase: session.PhasePreflight, Code: 1, Message: "no"}
	if why, refused := Isolation(fmt.Errorf("x: %w", blocked)); why.Reason != "no" || !refused {
		t.Errorf("%+v, %v", why, refused)
	}
	for _, err := range []error{nil, image, &session.JobError{Phase: "build", Code: 2}, &builder.StartError{Reason: "ErrImagePull"}, ErrTimedOut} {
		if why, refused := Isolation(err); refused {
			t.Errorf("%v: %+v", err, why)
		}
	}
}

// TestPreflightHints has the whole reasons of the pod's check. An AppArmor profile that denies mounts is not a matter of another --profile.
func TestPreflightHints(t *testing.T) {
	for message, want := range map[string]string{
		"the AppArmor profile cri-containerd.apparmor.d (enforce) denies mounts in a user namespace":                               "kubectl img setup --profiles --apparmor | kubectl apply -f - loads a profile on the nodes; name it with --apparmor-profile kubectl-img",
		"AppArmor keeps unconfined processes from user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1 on the node)": "kubectl img setup --profiles --apparmor | kubectl apply -f - loads a profile on the nodes; name it with --apparmor-profile kubectl-img",
		"the seccomp profile of the pod denies user namespaces (unshare)":                                                          "kubectl img setup --profiles | kubectl apply -f - puts the seccomp profile of this release on the nodes; use it with --profile userns or localhost",
		"user.max_user_namespaces is 0 on the node":                                                                                "choose nodes that allow more with --node-selector",
		"the node gave the pod no user namespace (hostUsers: false), which profile userns asks for":                                "--profile auto takes the most isolated profile that works here",
	} {
		job := &session.JobError{Phase: session.PhasePreflight, Code: 2, Message: message}
		if got := cli.Hint(explainSupervisor(job)); got != want {
			t.Errorf("%s: hint %q, want %q", message, got, want)
		}
		if got := cli.Hint(NoProfile("no profile", "ci", []FailedProfile{{Reason: message, Err: job}})); controlOf(job) != podspec.PodUserNamespace && got != want {
			t.Errorf("%s, auto: hint %q, want %q", message, got, want)
		}
	}
}
