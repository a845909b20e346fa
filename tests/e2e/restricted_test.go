package e2e_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRestrictedNamesWhatIsMissing takes away, by a seccomp profile, each thing of the kernel's that owners are emulated with: the pod says which
// before it builds.
func TestRestrictedNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	profile := readProfile(t, "kubectl-img.json")
	dir := only(t, shell("RUN true"))
	for _, c := range []struct {
		name string
		left *seccompArg // the calls with which it may be called still
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

// withoutCall returns the rules with none for a system call, or one for some of its calls.
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
