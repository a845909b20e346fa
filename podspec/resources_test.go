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
		want             []corev1.ResourceName
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
			if diff := cmp.Diff(c.want, podspec.DefaultRequests(pod, c.requests)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
