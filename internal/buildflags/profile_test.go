package buildflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestProfiles(t *testing.T) {
	const userns, restricted, localhost, unset, unconfined = podspec.UserNS, podspec.Restricted, podspec.Localhost, podspec.Unset, podspec.Unconfined
	profiles := func(names ...podspec.Profile) []podspec.Profile { return names }
	all := profiles(userns, localhost, unset, unconfined, restricted, restricted) // the last with a user namespace of the pod's own, and without
	toLocalhost := profiles(userns, localhost, restricted, restricted)
	const floor = "KUBECTL_IMG_MIN_PROFILE="
	for name, c := range map[string]struct {
		args, env []string
		want      []podspec.Profile
		warns     string
	}{
		"by default":              {want: all},
		"auto":                    {args: []string{"--profile", "auto"}, want: all},
		"by name":                 {args: []string{"--profile", "localhost"}, want: profiles(localhost)},
		"by its name, restricted": {args: []string{"--profile", "restricted"}, want: profiles(restricted, restricted)},
		"from the environment":    {env: []string{"KUBECTL_IMG_PROFILE=unset"}, want: profiles(unset)},
		"down to a minimum":       {args: []string{"--min-profile", "localhost"}, want: toLocalhost},
		"the platform's minimum":  {env: []string{floor + "userns"}, want: profiles(userns)},
		"no minimum":              {env: []string{floor}, want: all},
		"a stricter flag":         {args: []string{"--min-profile", "userns"}, env: []string{floor + "unset"}, want: profiles(userns)},
		"a looser flag": {
			args: []string{"--min-profile", "unconfined"}, env: []string{floor + "localhost"}, want: toLocalhost,
			warns: "--min-profile unconfined is less than KUBECTL_IMG_MIN_PROFILE=localhost, which counts",
		},
		"a name above the minimum": {args: []string{"--profile", "userns", "--min-profile", "localhost"}, want: profiles(userns)},
		"a name at the minimum":    {args: []string{"--profile", "localhost", "--min-profile", "localhost"}, want: profiles(localhost)},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := newBench(t, c.env...).plan(append(c.args, "-t", "app", ".")...)
			if err != nil {
				t.Fatal(err)
			}
			var got []podspec.Profile
			for _, r := range append([]build.Candidate{{Profile: plan.Profile, Pod: plan.Pod}}, plan.Fallbacks...) {
				got = append(got, r.Profile)
				for _, v := range r.Pod.Spec.Containers[0].Env {
					if v.Name == "PROFILE" && v.Value != string(r.Profile) {
						t.Errorf("the pod of %s is told to be %s", r.Profile, v.Value)
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("profiles (-want +got):\n%s", diff)
			}
			if warnings := strings.Join(plan.Warnings, "\n"); warnings != c.warns {
				t.Errorf("warnings %q, want %q", warnings, c.warns)
			}
		})
	}
}

// The platform's word is a refusal by policy, and nothing has been created.
func TestProfilesBelowTheMinimum(t *testing.T) {
	for _, c := range []struct{ args, env, want string }{
		{"--profile unset --min-profile localhost", "", "--profile unset isolates less than --min-profile localhost allows"},
		{"--profile unconfined", "localhost", "--profile unconfined isolates less than KUBECTL_IMG_MIN_PROFILE=localhost allows"},
		{"--profile unconfined --min-profile unconfined", "localhost", "--profile unconfined isolates less than KUBECTL_IMG_MIN_PROFILE=localhost allows"},
	} {
		b := newBench(t, "KUBECTL_IMG_MIN_PROFILE="+c.env)
		_, err := b.plan(append([]string{"-t", "app", "."}, strings.Fields(c.args)...)...)
		code := cli.Report(err, b.ErrOut)
		if want := "error: " + c.want + "\nhint: --profile auto, userns, restricted, localhost\n"; code != cli.CodePolicy || b.ErrOut.String() != want {
			t.Errorf("%s: exit code %d, report %q, want %q", c.args, code, b.ErrOut, want)
		}
	}
}

func TestProfilesMinimumOfTheEnvironment(t *testing.T) {
	b := newBench(t, "KUBECTL_IMG_MIN_PROFILE=none")
	if report := b.unusable(t, "build", "-t", "app", "--min-profile", "userns", "."); !strings.Contains(report, "KUBECTL_IMG_MIN_PROFILE") {
		t.Errorf("report %q", report)
	}
}
