package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestDryRunPrintsThePodOfThePlan reads back what --dry-run writes: it is the pod that would be created, and nothing else.
func TestDryRunPrintsThePodOfThePlan(t *testing.T) {
	for _, format := range []string{dryRunYAML, dryRunJSON} {
		t.Run(format, func(t *testing.T) {
			b := newBench(t, "KUBECTL_IMG_OOPS=1")
			args := []string{"-t", "app", "--profile", "userns", "--dry-run=" + format, "."}
			plan, err := b.plan(args...)
			if err != nil {
				t.Fatal(err)
			}
			before := files(t)
			if code := b.run(append([]string{"build"}, args...)...); code != codeOK {
				t.Fatalf("exit code %d: %s", code, b.errOut)
			}
			if isJSON := strings.HasPrefix(b.out.String(), "{"); isJSON != (format == dryRunJSON) {
				t.Errorf("output is not %s: %s", format, b.out)
			}
			got := &corev1.Pod{}
			if err := yaml.UnmarshalStrict(b.out.Bytes(), got); err != nil {
				t.Fatal(err)
			}
			// Printing and reading back rewrites quantities' caches; compare what is sent.
			if diff := cmp.Diff(marshal(t, plan.Pod), marshal(t, got)); diff != "" {
				t.Errorf("printed pod (-plan +printed):\n%s", diff)
			}
			if got.APIVersion != "v1" || got.Kind != "Pod" {
				t.Errorf("printed a %s of %s", got.Kind, got.APIVersion)
			}
			if want := "warning: unknown environment variable KUBECTL_IMG_OOPS is ignored\n"; b.errOut.String() != want {
				t.Errorf("stderr %q, want %q", b.errOut, want)
			}
			if diff := cmp.Diff(before, files(t)); diff != "" {
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
func TestHelpReadsAsTyped(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"build", "--help"}, {"help", "build"}} {
		b := newBench(t)
		if code := b.run(args...); code != codeOK {
			t.Errorf("%q: exit code %d: %s", args, code, b.errOut)
		}
		help := b.out.String()
		if !strings.Contains(help, "kubectl img") || strings.Contains(help, "kubectl-img ") {
			t.Errorf("%q printed:\n%s", args, help)
		}
		if strings.Contains(help, "--secret ") {
			t.Errorf("%q shows a refused flag", args)
		}
	}
}
