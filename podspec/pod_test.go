package podspec_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/podspec"
)

var update = flag.Bool("update", false, "rewrite the golden pods in testdata")

// minimal returns the options that every build sets.
func minimal(profile podspec.Profile) podspec.Options {
	return podspec.Options{
		Name:      "img-7f3k",
		Namespace: "ci",
		Image:     "ghcr.io/kubectl-img/builder:1.0.0",
		Command:   []string{"sh", "-c", "supervise"},
		Env:       []corev1.EnvVar{{Name: "HOME", Value: "/home/user"}},
		Profile:   profile,

		StepCommands: [][]string{{"img", "slot", "7f3k-1"}},
		Volumes: []podspec.Volume{
			{Name: "workspace", MountPath: "/workspace"},
			{Name: "session", MountPath: "/run/kubectl-img", Memory: true},
		},
		Deadline: time.Hour,
		Expiry:   2 * time.Hour,
	}
}

// everything returns options with every field set but Template.
func everything() podspec.Options {
	o := minimal(podspec.Localhost)
	o.SeccompProfile = "profiles/img.json"
	o.Volumes[0].SizeLimit = ptr.To(resource.MustParse("10Gi"))
	o.Volumes = append(o.Volumes,
		podspec.Volume{Name: "state", MountPath: "/var/lib/img", Claim: "img-cache"},
		podspec.Volume{Name: "login-0", MountPath: "/run/secrets/kubectl-img/keys", Secret: "keys"})
	o.ServiceAccount = "builder"
	o.NodeSelector = map[string]string{"kubernetes.io/arch": "arm64", "kubernetes.io/os": "windows"}
	o.Tolerations = []corev1.Toleration{{Key: "builds", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}
	o.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}
	o.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("128Mi")}
	o.ImagePullSecrets = []string{"registry"}
	o.Labels = map[string]string{"team": "web", podspec.LabelManagedBy: "somebody-else"}
	o.Annotations = map[string]string{"note": "hello", podspec.AnnotationExpiresAfter: "1000h"}
	o.By, o.Tags, o.Repository, o.Detached = "jane@laptop", []string{"r.example/app:1", "r.example/app:2"}, "r.example/app", true
	o.Deadline = 1500 * time.Millisecond
	return o
}

// stockWithAll has two containers for build steps, on a cluster without user namespaces.
func stockWithAll() podspec.Options {
	o := everything()
	o.Profile, o.HostUsers = podspec.Stock, true
	o.StepCommands = append(o.StepCommands, []string{"img", "slot", "7f3k-2"})
	o.Hosts = []string{"db.example=10.0.0.7", "web.example=10.0.0.8", "db2.example=10.0.0.7"}
	o.Template = []byte("spec: {containers: [{name: builder, resources: {limits: {memory: 64Mi}}}], initContainers: [{name: step-2, resources: {limits: {ephemeral-storage: 512Mi}}}]}")
	return o
}

func TestGoldenPods(t *testing.T) {
	harmless := minimal(podspec.UserNS)
	harmless.Template = readTestdata(t, "template-harmless.yaml")
	tests := map[string]podspec.Options{
		"everything":      everything(),
		"stock-with-all":  stockWithAll(),
		"with-a-template": harmless,
	}
	for _, profile := range podspec.Profiles() {
		tests["profile-"+string(profile)] = minimal(profile)
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			pod, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			got, err := yaml.Marshal(pod)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".yaml", got)
		})
	}
}

func TestPodSharesNoMemoryWithOptions(t *testing.T) {
	options := everything()
	first, err := podspec.Pod(options)
	if err != nil {
		t.Fatal(err)
	}
	want := first.DeepCopy()
	first.Labels["x"], first.Spec.NodeSelector["x"] = "y", "y"
	first.Spec.Containers[0].Resources.Limits[corev1.ResourceCPU] = resource.MustParse("99")
	second, err := podspec.Pod(options)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("the second pod differs from the first (-first +second):\n%s", diff)
	}
}

func TestPodUnknownProfile(t *testing.T) {
	for _, profile := range []podspec.Profile{"privileged", ""} {
		if _, err := podspec.Pod(minimal(profile)); err == nil {
			t.Errorf("no error for profile %q", profile)
		}
	}
}

func TestProfiles(t *testing.T) {
	want := []podspec.Profile{podspec.Stock, podspec.UserNS, podspec.Restricted, podspec.Localhost, podspec.Unset, podspec.Unconfined}
	if diff := cmp.Diff(want, podspec.Profiles()); diff != "" {
		t.Errorf("from the most isolated to the least (-want +got):\n%s", diff)
	}
	for _, profile := range podspec.Profiles() {
		if profile.Summary() == "" {
			t.Errorf("%s has no summary", profile)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readTestdata(t, name)), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
