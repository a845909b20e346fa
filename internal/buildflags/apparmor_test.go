package buildflags

import (
	"strings"
	"testing"
)

func TestProfilesAppArmor(t *testing.T) {
	b := newBench(t)
	plan, err := b.plan("-t", "app", "--profile", "userns", "--apparmor-profile", "kubectl-img", ".")
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Pod.Spec.SecurityContext.AppArmorProfile; got == nil || got.LocalhostProfile == nil || *got.LocalhostProfile != "kubectl-img" {
		t.Errorf("AppArmor profile %v", got)
	}
	for _, args := range [][]string{{"--profile", "unset", "--apparmor-profile", "kubectl-img"}, {"--profile", "userns", "--apparmor-profile", " x"}} {
		if said := newBench(t).unusable(t, append(append([]string{"build", "-t", "app"}, args...), ".")...); !strings.Contains(said, "--apparmor-profile") {
			t.Errorf("%q: %s", args, said)
		}
	}
}
