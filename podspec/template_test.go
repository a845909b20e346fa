package podspec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestTemplateCannotWeaken merges a template that loosens every setting. All that remains of it is two more containers, with the
// builder's security context.
func TestTemplateCannotWeaken(t *testing.T) {
	for _, profile := range podspec.Profiles() {
		t.Run(string(profile), func(t *testing.T) {
			options := minimal(profile)
			want, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			options.Template = readTestdata(t, "template-hostile.yaml")
			got, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			builder := want.Spec.Containers[0]
			for _, c := range append(got.Spec.InitContainers, got.Spec.Containers...) {
				if slices.Contains(podspec.Steps(want), c.Name) {
					continue // compared below
				}
				if diff := cmp.Diff(builder.SecurityContext, c.SecurityContext); diff != "" {
					t.Errorf("security context of container %s (-builder +it):\n%s", c.Name, diff)
				}
			}
			got.Spec.InitContainers = slices.DeleteFunc(got.Spec.InitContainers, func(c corev1.Container) bool { return !slices.Contains(podspec.Steps(want), c.Name) })
			if len(got.Spec.InitContainers) == 0 {
				got.Spec.InitContainers = nil
			}
			got.Spec.Containers = builderOnly(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the template changed the pod (-without +with):\n%s", diff)
			}
		})
	}
}

func TestTemplateKeepsPodSecurityLevel(t *testing.T) {
	options := minimal(podspec.UserNS)
	options.Template = readTestdata(t, "template-hostile.yaml")
	pod, err := podspec.Pod(options)
	if err != nil {
		t.Fatal(err)
	}
	if reasons := violations(t, pod, api.LevelBaseline, api.LatestVersion()); len(reasons) > 0 {
		t.Errorf("with the template, the pod violates level baseline: %q", reasons)
	}
}

func builderOnly(pod *corev1.Pod) []corev1.Container {
	var out []corev1.Container
	for _, c := range pod.Spec.Containers {
		if c.Name == podspec.Container {
			out = append(out, c)
		}
	}
	return out
}

func TestTemplateForms(t *testing.T) {
	tests := map[string]string{
		"pod":             "apiVersion: v1\nkind: Pod\nspec: {priorityClassName: builds}",
		"pod template":    "apiVersion: v1\nkind: PodTemplate\ntemplate: {spec: {priorityClassName: builds}}",
		"no kind":         "spec: {priorityClassName: builds}",
		"JSON":            `{"spec": {"priorityClassName": "builds"}}`,
		"one document":    "---\n# a comment\n---\nspec: {priorityClassName: builds}\n---\n",
		"deletes our own": "spec: {priorityClassName: builds, containers: null, volumes: null, securityContext: null}",
	}
	plain, err := podspec.Pod(minimal(podspec.Unset))
	if err != nil {
		t.Fatal(err)
	}
	plain.Spec.PriorityClassName = "builds"
	for name, template := range tests {
		t.Run(name, func(t *testing.T) {
			options := minimal(podspec.Unset)
			options.Template = []byte(template)
			got, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain, got); diff != "" {
				t.Errorf("pod (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplateLimitLowersDefaultRequest(t *testing.T) {
	options := minimal(podspec.Unset)
	options.Template = []byte("spec: {containers: [{name: builder, resources: {limits: {memory: 64Mi, cpu: 4}}}]}")
	pod, err := podspec.Pod(options)
	if err != nil {
		t.Fatal(err)
	}
	requests := pod.Spec.Containers[0].Resources.Requests
	if got := requests.Memory().String(); got != "64Mi" {
		t.Errorf("memory request = %s, want the limit of 64Mi", got)
	}
	if got := requests.Cpu().String(); got != "200m" {
		t.Errorf("cpu request = %s, want the default of 200m", got)
	}
}

func TestTemplateError(t *testing.T) {
	tests := map[string]struct{ template, names string }{
		"not YAML":        {"spec: [", "yaml"},
		"not an object":   {"hello", "cannot unmarshal"},
		"empty":           {"# nothing", "empty"},
		"two documents":   {"spec: {}\n---\nspec: {}", "more than one"},
		"unknown field":   {"spec: {hostPIDs: true}", `"spec.hostPIDs"`},
		"wrong case":      {"spec: {hostpid: true}", `"spec.hostpid"`},
		"duplicate field": {"spec: {hostPID: true, hostPID: false}", "hostPID"},
		"wrong type":      {"spec: {hostPID: 3}", "hostPID"},
		"another kind":    {"apiVersion: v1\nkind: Secret", "Secret"},
		"foreign kind":    {"apiVersion: apps/v1\nkind: Deployment", "Deployment"},
		"bare spec":       {"containers: []", `"containers"`},
		"no name":         {"spec: {containers: [{image: busybox}]}", "name"},
		"host path":       {"spec: {volumes: [{name: root, hostPath: {path: /}}]}", "hostPath"},
		"our host path":   {"spec: {volumes: [{name: workspace, hostPath: {path: /}}]}", "hostPath"},
		"our step":        {"spec: {initContainers: [{name: step-2, image: busybox}]}", "step-2"},
		"host port":       {"spec: {containers: [{name: builder, ports: [{containerPort: 1, hostPort: 80}]}]}", "hostPort 80"},
		"directive":       {"spec: {$patch: replace}", "$patch"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			options := minimal(podspec.Stock)
			options.Template = []byte(tt.template)
			_, err := podspec.Pod(options)
			if err == nil || !strings.HasPrefix(err.Error(), "read pod template: ") {
				t.Fatalf("error %v, want one about the template", err)
			}
			if !strings.Contains(err.Error(), tt.names) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q: want one line that names %s", err, tt.names)
			}
		})
	}
}
