package e2e_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOwnership(t *testing.T) {
	t.Parallel()
	t.Run("kernel feature is missing", ownershipKernel)
	t.Run("owner that can't be kept", ownershipLost)
}

// ownershipKernel denies, with a seccomp profile, each feature of the kernel that the emulation of owners needs. The pod must name the feature before
// it builds.
func ownershipKernel(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	profile := readProfile(t, "kubectl-img.json")
	dir := only(t, shell("RUN true"))
	for _, c := range []struct {
		name string
		left *seccompArg // the calls that are still allowed
		want string
	}{
		{"seccomp", nil, "owners can't be emulated: listen to system calls (seccomp user notification): "},
		{"setxattr", nil, "keeps no attributes of users (user.*), in which owners are remembered: "},
		{"mount", &seccompArg{Index: 3, Value: 0, Op: "SCMP_CMP_NE"}, "overlayfs can't be mounted in a user namespace, which takes Linux 5.11: "},
		{"unshare", nil, "the seccomp profile of the pod denies user namespaces (unshare)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := plantProfile(t, seccompProfile{profile.DefaultAction, profile.Architectures, withoutCall(profile.Syscalls, c.name, c.left)})
			r := build(ns, "-t", repository(ns), "--profile", "restricted", "--seccomp-profile", name, dir).run(t)
			r.fails(t, codePolicy, "no form of profile restricted works in namespace "+ns, c.want)
		})
	}
}

// withoutCall returns the rules without those of a system call, or with a rule that allows only some of its calls.
func withoutCall(rules []seccompRule, name string, left *seccompArg) []seccompRule {
	var out []seccompRule
	for _, r := range rules {
		r.Names = slices.DeleteFunc(slices.Clone(r.Names), func(n string) bool { return n == name })
		if len(r.Names) > 0 {
			out = append(out, r)
		}
	}
	errno := uint(unix.EPERM)
	if left != nil {
		return append(out, seccompRule{Names: []string{name}, Action: "SCMP_ACT_ALLOW", Args: []seccompArg{*left}})
	}
	return append(out, seccompRule{Names: []string{name}, Action: "SCMP_ACT_ERRNO", ErrnoRet: &errno})
}

// ownershipLost expects a warning about an owner that can't be kept. With --strict-ownership it is an error, and nothing is pushed.
func ownershipLost(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	const text = "the owner of a file in the image is not the one that the Dockerfile asks for: 5:8 /link"
	dir := only(t, shell("RUN ln -s nowhere /link && chown -h 5:8 /link"))
	build(ns, "-t", repository(ns)+":strict", "--strict-ownership", dir).run(t).fails(t, codeBuild, text)
	if isPushed(t, repository(ns)+":strict") {
		t.Error("pushed")
	}
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t).says(t, "warning: "+text)
	build(ns, "-t", repository(ns), "--strict-ownership", only(t, shell("RUN touch /file && chown 5:8 /file"))).run(t).succeeds(t)
}
