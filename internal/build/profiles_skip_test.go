package build_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// blocked ends the pod as its own check does.
func blocked(message string) answer {
	return func(pod *corev1.Pod) error {
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: podspec.Container,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ExitCode: 2, Reason: "Error", Message: `{"phase":"preflight","code":2,"error":"` + message + `"}`,
			}},
		}}
		return nil
	}
}

// noSteps says what makes the pods of profile stock fail, and no others.
var noSteps = blocked("build steps can't run in a container of their own: no agent")

// everywhere gives the pods of all profiles the same answer, as a node does that refuses the same to all.
func everywhere(a answer, others map[podspec.Profile]answer) map[podspec.Profile]answer {
	answers := map[podspec.Profile]answer{}
	for _, p := range podspec.Profiles() {
		answers[p] = a
	}
	answers[podspec.Stock] = noSteps // as where the builder image has no agent
	for p, other := range others {
		answers[p] = other
	}
	return answers
}

// TestProfilesSkipped has one node for each control: one pod is enough to know which other profiles the node refuses.
func TestProfilesSkipped(t *testing.T) {
	const appArmor = "the AppArmor profile cri-containerd.apparmor.d (enforce) denies mounts in a user namespace"
	works := map[podspec.Profile]answer{podspec.Unconfined: waiting("ErrImagePull", "no such image")}
	unsetWorks := map[podspec.Profile]answer{podspec.Unset: waiting("ErrImagePull", "no such image")}
	for name, c := range map[string]struct {
		answers             map[podspec.Profile]answer
		args                string
		asked, skipped, err string
		hint                string
		mend                string // said before the next profile is tried
	}{
		"AppArmor's default profile": {
			answers: everywhere(blocked(appArmor), works), asked: "userns stock unconfined",
			skipped: "localhost, unset, restricted", err: "ErrImagePull",
			mend: "for profile userns: kubectl img setup --profiles --apparmor | kubectl apply -f - loads a profile on the nodes; name it with --apparmor-profile kubectl-img\n",
		},
		"AppArmor's default profile, and level baseline": {
			answers: everywhere(blocked(appArmor), map[podspec.Profile]answer{podspec.Unconfined: baseline}), asked: "userns stock unconfined",
			err:  "userns, localhost, unset, restricted: the AppArmor profile cri-containerd.apparmor.d (enforce) denies mounts in a user namespace; stock: build steps can't run in a container of their own: no agent; unconfined: refused by Pod Security",
			hint: "kubectl img setup --profiles --apparmor",
		},
		"a named AppArmor profile that is not loaded": {
			answers: everywhere(waiting("CreateContainerError", "failed to generate apparmor spec opts: apparmor profile not found kubectl-img"), unsetWorks),
			args:    "--apparmor-profile kubectl-img", asked: "userns stock unset", skipped: "localhost, restricted", err: "ErrImagePull",
		},
		"a named AppArmor profile, and another that is the runtime's": {
			answers: everywhere(blocked(appArmor), map[podspec.Profile]answer{
				podspec.UserNS: blocked("the AppArmor profile team (enforce) denies mounts"), podspec.Unconfined: baseline,
			}),
			args: "--apparmor-profile team", asked: "userns stock unset unconfined",
			err: "userns, localhost, restricted: the AppArmor profile team (enforce) denies mounts; stock: build steps can't run in a container of their own: no agent; unset: the AppArmor profile cri-containerd",
		},
		"Ubuntu's restriction of unconfined processes": {
			answers: everywhere(blocked("AppArmor keeps unconfined processes from user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1 on the node)"), nil),
			asked:   "userns stock", err: "userns, localhost, unset, unconfined, restricted: AppArmor keeps", hint: "--apparmor-profile kubectl-img",
		},
		"the seccomp profile is missing": {
			answers: everywhere(noProfile, unsetWorks), asked: "userns stock unset", skipped: "localhost, restricted", err: "ErrImagePull",
		},
		"the seccomp profile is too old": {
			answers: everywhere(blocked("the seccomp profile of the pod denies user namespaces (unshare)"), unsetWorks),
			asked:   "userns stock unset", skipped: "localhost, restricted", err: "ErrImagePull",
		},
		"no user namespaces": {
			answers: everywhere(blocked("user.max_user_namespaces is 0 on the node"), nil), asked: "userns stock",
			err: "userns, localhost, unset, unconfined, restricted: user.max_user_namespaces is 0", hint: "--node-selector",
		},
		"no user namespaces of pods": {
			answers: map[podspec.Profile]answer{
				podspec.UserNS:    blocked("the node gave the pod no user namespace (hostUsers: false), which profile userns asks for"),
				podspec.Localhost: forbidden(`admission webhook "x.example" denied the request: no`), podspec.Unset: noProfile, podspec.Unconfined: baseline,
				podspec.Stock: noSteps,
			},
			asked: "userns localhost stock unset unconfined restricted", err: "ErrImagePull", // once, without a user namespace
		},
		"no capabilities": {
			answers: everywhere(blocked("no_new_privs is set (allowPrivilegeEscalation: false), which takes newuidmap's capability away"),
				map[podspec.Profile]answer{podspec.Restricted: waiting("ErrImagePull", "no such image")}),
			asked: "userns stock restricted", skipped: "localhost, unset, unconfined", err: "ErrImagePull",
		},
		"a node with AppArmor": { // whose default profile is no hindrance to profile stock
			answers: everywhere(blocked(appArmor), map[podspec.Profile]answer{podspec.Stock: waiting("ErrImagePull", "no such image")}), asked: "userns stock",
			skipped: "localhost, unset, restricted", err: "ErrImagePull",
		},
		"what holds for one pod only": {
			answers: map[podspec.Profile]answer{podspec.UserNS: blocked("the engine does not start: x")}, asked: "userns stock", err: "ErrImagePull",
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newClusterOf(c.answers)
			said, err := fake.run(t.Context(), t, planOf(t, strings.Fields(c.args)...))
			if asked := strings.Join(fake.asked, " "); asked != c.asked {
				t.Errorf("asked for %s, want %s", asked, c.asked)
			}
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(cli.Hint(explain.API(err)), c.hint) {
				t.Errorf("%v, hint %q; want %q and %q", err, cli.Hint(explain.API(err)), c.err, c.hint)
			}
			if !strings.Contains(said, c.mend) {
				t.Errorf("said %q, want %q", said, c.mend)
			}
			if c.skipped != "" && !strings.Contains(said, "\nskipping "+c.skipped+", which would fail for the same reason\n") {
				t.Errorf("said %q, want %s", said, c.skipped)
			}
			if c.skipped == "" && c.hint == "" && strings.Contains(said, "skipping") && !strings.Contains(c.err, ", ") {
				t.Errorf("said %q", said)
			}
		})
	}
}
