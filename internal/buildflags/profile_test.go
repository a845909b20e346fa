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
	const stock, stockHost, restrictedHost = podspec.Stock, "stock without a user namespace", "restricted without a user namespace"
	profiles := func(names ...podspec.Profile) []podspec.Profile { return names }
	all := profiles(userns, stock, localhost, stockHost, unset, unconfined, restricted, restrictedHost)
	toLocalhost := profiles(userns, stock, localhost, restricted, restrictedHost)
	const floor = "KUBECTL_IMG_MIN_PROFILE="
	for name, c := range map[string]struct {
		args, env []string
		want      []podspec.Profile
		warns     string
	}{
		"by default":              {want: all},
		"auto":                    {args: []string{"--profile", "auto"}, want: all},
		"by name":                 {args: []string{"--profile", "localhost"}, want: profiles(localhost)},
		"by its name, restricted": {args: []string{"--profile", "restricted"}, want: profiles(restricted, restrictedHost)},
		"from the environment":    {env: []string{"KUBECTL_IMG_PROFILE=unset"}, want: profiles(unset)},
		"down to a minimum":       {args: []string{"--min-profile", "localhost"}, want: toLocalhost},
		"the platform's minimum":  {env: []string{floor + "userns"}, want: profiles(userns, stock)},
		"a /dev/shm of its own":   {args: []string{"--shm-size", "16m"}, want: profiles(userns, localhost, unset, unconfined, restricted, restrictedHost)},
		"by its name, stock":      {args: []string{"--profile", "stock"}, want: profiles(stock, stockHost)},
		"stock as the minimum":    {args: []string{"--min-profile", "stock"}, want: profiles(stock)},
		"stock, not as root":      {args: []string{"--profile", "stock", "--min-profile", "localhost"}, want: profiles(stock)},
		"stock, down to unset":    {args: []string{"--profile", "stock"}, env: []string{floor + "unset"}, want: profiles(stock, stockHost)},
		"no minimum":              {env: []string{floor}, want: all},
		"a stricter flag":         {args: []string{"--min-profile", "userns"}, env: []string{floor + "unset"}, want: profiles(userns, stock)},
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
				name := r.Profile
				if name.UserNamespaceOptional() && r.Pod.Spec.HostUsers == nil {
					name += " without a user namespace"
				}
				got = append(got, name)
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
		if want := "error: " + c.want + "\nhint: --profile auto, stock, userns, restricted, localhost\n"; code != cli.CodePolicy || b.ErrOut.String() != want {
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

// TestSlots has the number of containers for build steps, and the names by which the engine finds them.
func TestSlots(t *testing.T) {
	for args, want := range map[string]int{
		"": 1, "--slots 1": 1, "--slots 3": 3, "--request cpu=2": 2, "--request cpu=1999m": 1, "--request cpu=4 --slots 1": 1, "--limit cpu=4": 1,
	} {
		plan, err := newBench(t).plan(append(strings.Fields(args), "--profile", "stock", "-t", "app", ".")...)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range plan.Pod.Spec.InitContainers {
			if len(c.Command) != 3 || c.Command[1] != "slot" || len(c.Env) > 0 || len(c.VolumeMounts) > 0 {
				t.Errorf("%q: %+v", args, c)
			}
			names = append(names, c.Command[2])
		}
		slots := ""
		for _, v := range plan.Pod.Spec.Containers[0].Env {
			if v.Name == "IMG_SLOTS" {
				slots = v.Value
			}
		}
		if len(names) != want || slots != strings.Join(names, ",") {
			t.Errorf("%q: %d containers %q, the engine knows %q; want %d", args, len(names), names, slots, want)
		}
	}
	plan, err := newBench(t).plan("--profile", "userns", "-t", "app", ".")
	if err != nil || len(plan.Pod.Spec.InitContainers) > 0 {
		t.Errorf("%v; another profile has %+v", err, plan.Pod.Spec.InitContainers)
	}
}
