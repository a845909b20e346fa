package podspec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestDefaultRequests(t *testing.T) {
	for name, c := range map[string]struct {
		requests, limits corev1.ResourceList
		template         string
		want             []corev1.ResourceName // of the builder
	}{
		"nothing given":           {want: []corev1.ResourceName{"cpu", "ephemeral-storage", "memory"}},
		"request given":           {requests: corev1.ResourceList{"cpu": resource.MustParse("2")}, want: []corev1.ResourceName{"ephemeral-storage", "memory"}},
		"default given as option": {requests: corev1.ResourceList{"cpu": resource.MustParse("200m")}, want: []corev1.ResourceName{"ephemeral-storage", "memory"}},
		"limit below the default": {limits: corev1.ResourceList{"memory": resource.MustParse("64Mi")}, want: []corev1.ResourceName{"cpu", "ephemeral-storage"}},
		"request of the template": {
			template: "spec: {containers: [{name: builder, resources: {requests: {memory: 1Gi}}}]}", want: []corev1.ResourceName{"cpu", "ephemeral-storage"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			options := minimal(podspec.Unset)
			options.Requests, options.Limits, options.Template = c.requests, c.limits, []byte(c.template)
			pod, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][]corev1.ResourceName{podspec.Container: c.want}
			if diff := cmp.Diff(want, podspec.DefaultRequests(pod, c.requests)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStepRequests has requests and limits of a pod with two containers for build steps: the requests are for both together, a limit is for each.
func TestStepRequests(t *testing.T) {
	options := minimal(podspec.Stock)
	options.StepCommands = append(options.StepCommands, []string{"img", "slot", "7f3k-2"})
	options.Requests = corev1.ResourceList{"cpu": resource.MustParse("3"), "memory": resource.MustParse("1Gi")}
	options.Limits = corev1.ResourceList{"memory": resource.MustParse("4Gi")}
	pod, err := podspec.Pod(options)
	if err != nil {
		t.Fatal(err)
	}
	if got := podspec.Steps(pod); len(got) != 2 || got[0] != "step" || got[1] != "step-2" {
		t.Fatalf("containers for build steps: %q", got)
	}
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		cpu, memory, limit := c.Resources.Requests.Cpu().String(), c.Resources.Requests.Memory().String(), c.Resources.Limits.Memory().String()
		want := "1500m 512Mi 4Gi"
		if c.Name == podspec.Container {
			want = "100m 128Mi 512Mi"
		}
		if got := cpu + " " + memory + " " + limit; got != want {
			t.Errorf("%s: %s, want %s", c.Name, got, want)
		}
	}
	all := []corev1.ResourceName{"cpu", "ephemeral-storage", "memory"}
	want := map[string][]corev1.ResourceName{"builder": all, "step": {"ephemeral-storage"}, "step-2": {"ephemeral-storage"}}
	if diff := cmp.Diff(want, podspec.DefaultRequests(pod, options.Requests)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
