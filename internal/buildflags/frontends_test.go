package buildflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFrontends(t *testing.T) {
	for name, c := range map[string]struct {
		flag, env string
		want      []string
	}{
		"neither":           {},
		"flag":              {flag: "docker/dockerfile,r.example:5000/f:1", want: []string{"docker/dockerfile,r.example:5000/f:1"}},
		"environment":       {env: "none", want: []string{"none"}},
		"both restrict":     {flag: "docker/dockerfile", env: "none", want: []string{"docker/dockerfile", "none"}},
		"empty environment": {flag: "none", want: []string{"none"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"-t", "app", "."}
			if c.flag != "" {
				args = append([]string{"--frontends", c.flag}, args...)
			}
			plan, err := newBench(t, "KUBECTL_IMG_FRONTENDS="+c.env).plan(args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, plan.Build.Frontends); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFrontendsErrors(t *testing.T) {
	for _, list := range []string{"A B", "none,docker/dockerfile", "docker/dockerfile,", ",", "https://r.example/f"} {
		if report := newBench(t).unusable(t, "build", "-t", "app", "--frontends", list, "."); !strings.Contains(report, "--frontends") {
			t.Errorf("%s: report %q", list, report)
		}
		if report := newBench(t, "KUBECTL_IMG_FRONTENDS="+list).unusable(t, "build", "-t", "app", "--frontends", "none", "."); !strings.Contains(report, "KUBECTL_IMG_FRONTENDS") {
			t.Errorf("%s: report %q", list, report)
		}
	}
}
