package buildflags

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// One pod on any node builds for several platforms if no step runs programs of the image's platform.
func TestManyPlatforms(t *testing.T) {
	b := newBench(t)
	clitest.Write(t, "Dockerfile", "FROM --platform=$BUILDPLATFORM a AS build\nRUN make\nFROM b\nCOPY --from=build /x /\n")
	for name, args := range map[string][]string{
		"one list":        {"--platform", "linux/amd64,linux/arm64"},
		"two flags":       {"--platform", "linux/amd64", "--platform", "linux/arm64"},
		"one of them two": {"--platform", "linux/amd64,linux/x86_64", "--platform", "linux/aarch64"},
		"a selector":      {"--platform", "linux/amd64,linux/arm64", "--node-selector", corev1.LabelArchStable + "=arm64"},
	} {
		plan, err := b.plan(append(args, "-t", "app", ".")...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := plan.Build.Platform; got != "linux/amd64,linux/arm64" {
			t.Errorf("%s: platform %q", name, got)
		}
		want := ""
		if name == "a selector" {
			want = "arm64"
		}
		if got := plan.Pod.Spec.NodeSelector[corev1.LabelArchStable]; got != want {
			t.Errorf("%s: the pod wants a node with %q, want %q", name, got, want)
		}
	}
	plan, err := b.plan("--platform", "linux/arm64,linux/aarch64", "-t", "app", ".")
	if err != nil || plan.Build.ManyPlatforms() || plan.Pod.Spec.NodeSelector[corev1.LabelArchStable] != "arm64" {
		t.Errorf("the same platform twice: %v", err)
	}
}

func TestManyPlatformsRejected(t *testing.T) {
	const platforms = "--platform=linux/amd64,linux/arm64"
	for name, c := range map[string]struct {
		dockerfile string
		args       []string
		line, hint string
	}{
		"a step of the image's platform": {"FROM a\nRUN make\n", []string{"."}, "line 2 of the Dockerfile runs programs of each of them", "FROM --platform=$BUILDPLATFORM"},
		"a step of a platform":           {"FROM --platform=linux/s390x a\nRUN make\n", []string{"."}, "programs of linux/s390x", "one build for each platform"},
		"a step in a stage of its own":   {"FROM a AS x\nRUN make\nFROM b\n", []string{"--target", "x", "."}, "line 2", "one build for each platform"},
		"a URL":                          {"FROM a\n", []string{"https://r.example/a.git"}, "only a Dockerfile on this machine", "one build for each platform"},
		"an archive of one image":        {"FROM a\n", []string{"-o", "type=docker,dest=x.tar", "."}, "holds one image", "type=oci"},
		"no Dockerfile":                  {"BUILD all\n", []string{"."}, "parse Dockerfile", ""},
	} {
		b := newBench(t)
		clitest.Write(t, "Dockerfile", c.dockerfile)
		report := b.unusable(t, append([]string{"build", "-t", "app", platforms}, c.args...)...)
		line, hint, _ := strings.Cut(report, "\n")
		if !strings.Contains(line, c.line) || !strings.Contains(hint, c.hint) {
			t.Errorf("%s: %q", name, report)
		}
	}
}
