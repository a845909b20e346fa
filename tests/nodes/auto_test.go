package nodes_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/compat"
)

var triedProfile = regexp.MustCompile(`created builder pod \S+ \(profile (\w+)\)`)

// withoutUserNS marks a profile that auto used in its form without a user namespace of the pod's own.
const withoutUserNS = " without a user namespace"

// auto builds with profile auto, which tries profiles in this order. It makes no pod for a profile that the same control of the node refuses.
func auto(t *testing.T, home, ns, what string, want []string, args ...string) {
	t.Helper()
	b := startIn(t, home, ns, "auto", dockerfile("RUN true"), append(onMachine(t), args...)...)
	log := b.succeeds(t)
	var tried []string
	for _, m := range triedProfile.FindAllStringSubmatch(log, -1) {
		tried = append(tried, m[1])
	}
	if strings.Contains(log, "\nwarning: profile stock"+withoutUserNS+" of the pod's own isolates less") {
		tried[len(tried)-1] += withoutUserNS
	}
	if !slices.Equal(tried, want) {
		t.Errorf("profile auto tried %q, want %q:\n%s", tried, want, log)
	}
	found("profile auto, "+what, compat.Builds, "with pods of "+strings.Join(tried, ", "))
}

// autoUntouched builds where profile stock is the only confined one that works. A kernel before 6.3 gives no pod a user namespace.
func autoUntouched(t *testing.T) {
	want := []string{"userns", "stock"}
	if nodeName(t) == "old" {
		want = append(want, "stock"+withoutUserNS)
	}
	auto(t, t.TempDir(), namespace(t, levels()["stock"]), "untouched node", want)
}

// autoImproves builds in one namespace before and after the pods name an AppArmor profile. What auto remembers of the first build says nothing about the
// second.
func autoImproves(t *testing.T) {
	home, ns := t.TempDir(), namespace(t, levels()["stock"])
	unnamed, named := []string{"userns", "stock"}, []string{"userns"}
	if nodeName(t) == "old" {
		unnamed, named = []string{"userns", "localhost", "stock" + withoutUserNS}, []string{"userns", "localhost"}
	}
	auto(t, home, ns, "no AppArmor profile named", unnamed)
	auto(t, home, ns, "no AppArmor profile named, again", unnamed[len(unnamed)-1:])
	auto(t, home, ns, "both profiles", named, apparmor...)
}
