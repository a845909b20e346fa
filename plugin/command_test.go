package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// TestDryRun reads back what --dry-run writes. It is the pod that would be created, and nothing else.
func TestDryRun(t *testing.T) {
	for _, format := range []string{build.DryRunYAML, build.DryRunJSON} {
		t.Run(format, func(t *testing.T) {
			b := newBench(t, "KUBECTL_IMG_OOPS=1")
			args := []string{"-t", "app", "--profile", "userns", "--dry-run=" + format}
			plan := b.plan(t, args...)
			before := clitest.Files(t)
			if code := b.run(append([]string{"build", "."}, args...)...); code != cli.CodeOK {
				t.Fatalf("exit code %d: %s", code, b.ErrOut)
			}
			if isJSON := strings.HasPrefix(b.Out.String(), "{"); isJSON != (format == build.DryRunJSON) {
				t.Errorf("output is not %s: %s", format, b.Out)
			}
			got := &corev1.Pod{}
			if err := yaml.UnmarshalStrict(b.Out.Bytes(), got); err != nil {
				t.Fatal(err)
			}
			// Printing and reading back rewrites quantities' caches; compare what is sent.
			if diff := cmp.Diff(marshal(t, plan.Pod), marshal(t, got)); diff != "" {
				t.Errorf("printed pod (-plan +printed):\n%s", diff)
			}
			if got.APIVersion != "v1" || got.Kind != "Pod" {
				t.Errorf("printed a %s of %s", got.Kind, got.APIVersion)
			}
			if want := "warning: unknown environment variable KUBECTL_IMG_OOPS is ignored\n"; b.ErrOut.String() != want {
				t.Errorf("stderr %q, want %q", b.ErrOut, want)
			}
			if diff := cmp.Diff(before, clitest.Files(t)); diff != "" {
				t.Errorf("files changed:\n%s", diff)
			}
		})
	}
}

func marshal(t *testing.T, pod *corev1.Pod) string {
	t.Helper()
	data, err := yaml.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Users type kubectl img, so usage must not show the name of the binary.
func TestHelpUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"build", "--help"}, {"help", "build"}} {
		b := newBench(t)
		if code := b.run(args...); code != cli.CodeOK {
			t.Errorf("%q: exit code %d: %s", args, code, b.ErrOut)
		}
		help := b.Out.String()
		if !strings.Contains(help, "kubectl img") || strings.Contains(help, "kubectl-img ") {
			t.Errorf("%q printed:\n%s", args, help)
		}
		if strings.Contains(help, "--sbom ") {
			t.Errorf("%q shows a refused flag", args)
		}
	}
}
