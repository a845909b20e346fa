package e2e_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// TestDryRun expects that --dry-run prints the pod that a build creates.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for profile, level := range levels() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns, dir := namespace(t, level), only(t, scratch("LABEL a=b"))
			flags := []string{
				"-t", repository(ns), "--name", "the-pod", "--profile", profile, "--pod-label", "team=a", "--pod-annotation", "note=b",
				"--request", "cpu=100m", "--limit", "memory=1Gi", "--toleration", "key=value:NoSchedule", "--timeout", "10m", "--keep", dir,
			}
			var promised []*corev1.Pod
			for _, format := range []string{"--dry-run", "--dry-run=yaml", "--dry-run=json"} {
				r := build(ns, append(flags, format)...).run(t).succeeds(t)
				promised = append(promised, defaulted(t, ns, r.stdout))
			}
			if left := podNames(t, ns); len(left) > 0 {
				t.Fatalf("a dry run made %v", left)
			}
			build(ns, flags...).run(t).succeeds(t)
			created := onlyPod(t, ns)
			defer deletePod(t, created)
			for _, pod := range promised {
				comparePods(t, pod, created)
			}
		})
	}
}

// defaulted is a dry run of the API server: it returns what that makes of a printed pod.
func defaulted(t *testing.T, ns, printed string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(printed)), 4096).Decode(pod); err != nil {
		t.Fatal(err)
	}
	if pod.APIVersion != "v1" || pod.Kind != "Pod" || pod.Namespace != ns {
		t.Errorf("printed a %s %s in %q, which kubectl apply can't use", pod.APIVersion, pod.Kind, pod.Namespace)
	}
	pod, err := client.CoreV1().Pods(ns).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func comparePods(t *testing.T, promised, created *corev1.Pod) {
	t.Helper()
	spec := created.Spec.DeepCopy()
	spec.NodeName = "" // the scheduler sets it
	if diff := cmp.Diff(&promised.Spec, spec); diff != "" {
		t.Errorf("spec (-printed +created):\n%s", diff)
	}
	if diff := cmp.Diff(promised.Labels, created.Labels); diff != "" {
		t.Errorf("labels (-printed +created):\n%s", diff)
	}
	// The annotation is different for each create.
	const run = "kubectl-img.dev/run"
	if created.Annotations[run] == "" {
		t.Errorf("annotations lack %s", run)
	}
	printed, stored := maps.Clone(promised.Annotations), maps.Clone(created.Annotations)
	delete(printed, run)
	delete(stored, run)
	if diff := cmp.Diff(printed, stored); diff != "" {
		t.Errorf("annotations (-printed +created):\n%s", diff)
	}
	if promised.Name != created.Name || len(created.OwnerReferences)+len(created.Finalizers) > 0 {
		t.Errorf("created %s with owners %v and finalizers %v", created.Name, created.OwnerReferences, created.Finalizers)
	}
}
