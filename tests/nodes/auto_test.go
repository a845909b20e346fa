package nodes_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

var triedProfile = regexp.MustCompile(`created builder pod \S+ \(profile (\w+)\)`)

// auto builds with profile auto, which tries profiles in this order. It makes no pod for a profile that the same control of the node refuses.
func auto(t *testing.T, home, ns, what string, want []string, args ...string) {
	t.Helper()
	b := startIn(t, home, ns, "auto", dockerfile("RUN true"), append(onMachine(t), args...)...)
	var tried []string
	for _, m := range triedProfile.FindAllStringSubmatch(b.succeeds(t), -1) {
		tried = append(tried, m[1])
	}
	if !slices.Equal(tried, want) {
		t.Errorf("profile auto tried %q, want %q:\n%s", tried, want, b.stderr.String())
	}
	found("profile auto, "+what, compat.Builds, "with pods of "+strings.Join(tried, ", "))
}

// autoImproves builds in one namespace before and after the pods name an AppArmor profile. What auto remembers of the first build says nothing about the
// second.
func autoImproves(t *testing.T) {
	home, ns := t.TempDir(), namespace(t, clustertest.Privileged)
	auto(t, home, ns, "no AppArmor profile named", []string{"userns", "unconfined"})
	auto(t, home, ns, "no AppArmor profile named, again", []string{"unconfined"})
	best := []string{"userns"}
	if nodeName(t) == "old" {
		best = []string{"userns", "localhost"}
	}
	auto(t, home, ns, "both profiles", best, apparmor...)
}
