package buildflags

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestPlanPod(t *testing.T) {
	b := newBench(t)
	clitest.Write(t, "template.yaml", "spec: {priorityClassName: builds}")
	plan, err := b.plan("-t", "app", "-n", "ci", "--name", "mine", "--image", "r.example/builder:1", "--profile", "localhost",
		"--seccomp-profile", "dir/img.json", "--service-account", "sa", "--node-selector", "disk=ssd,zone=a", "--toleration", "builds",
		"--toleration", "team=web:NoExecute", "--request", "cpu=1,memory=1Gi", "--limit", "cpu=2", "--limit", "ephemeral-storage=10Gi",
		"--image-pull-secret", "s1", "--image-pull-secret", "s2", "--pod-label", "a=b", "--pod-annotation", "note=x,y=z",
		"--pod-template", "template.yaml", "--cache-volume", "cache", "--platform", "linux/aarch64", "--timeout", "10m", "--detach-grace", "1m", ".")
	if err != nil {
		t.Fatal(err)
	}
	want, err := podspec.Pod(podspec.Options{
		Name: "mine", Namespace: "ci", Image: "r.example/builder:1", Command: session.Command(registryauth.LoginScripts()...), Env: build.PodEnvironment(podspec.Options{Profile: podspec.Localhost, Volumes: build.PodVolumes("cache")}, time.Minute, session.CacheEnvironment(true)),
		By: "here", Tags: []string{"docker.io/library/app:latest"}, Repository: "app",
		Profile: podspec.Localhost, SeccompProfile: "dir/img.json", Volumes: build.PodVolumes("cache"), ServiceAccount: "sa",
		NodeSelector: map[string]string{"disk": "ssd", "zone": "a", "kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux"},
		Tolerations: []corev1.Toleration{
			{Key: "builds", Operator: corev1.TolerationOpExists},
			{Key: "team", Operator: corev1.TolerationOpEqual, Value: "web", Effect: corev1.TaintEffectNoExecute},
		},
		Requests:         quantities("cpu", "1", "memory", "1Gi"),
		Limits:           quantities("cpu", "2", "ephemeral-storage", "10Gi"),
		ImagePullSecrets: []string{"s1", "s2"},
		Labels:           map[string]string{"a": "b"}, Annotations: map[string]string{"note": "x,y=z"},
		Template: []byte("spec: {priorityClassName: builds}"),
		Deadline: 11 * time.Minute, Expiry: 16 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, plan.Pod); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
}

func quantities(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

func TestPlanPodDefaults(t *testing.T) {
	b := newBench(t)
	plan, err := b.plan("-t", "app", ".")
	if err != nil {
		t.Fatal(err)
	}
	pod := plan.Pod
	if got := pod.Namespace + "/" + pod.Name; got != "team/img-abcde" {
		t.Errorf("pod %s, want the context's namespace and the generated name", got)
	}
	if got := pod.Spec.Containers[0].Image; got != b.BuilderImage {
		t.Errorf("image %s, want %s", got, b.BuilderImage)
	}
	if pod.Spec.HostUsers == nil || *pod.Spec.HostUsers {
		t.Error("the first pod has no user namespace")
	}
}

func TestPlanPodNames(t *testing.T) {
	b := newBench(t)
	b.PodName = cli.NewProcess(nil, b.Streams).PodName
	seen := map[string]bool{}
	for range 20 {
		plan, err := b.plan("-t", "app", ".")
		if err != nil {
			t.Fatal(err)
		}
		seen[plan.Pod.Name] = true
		if _, err := b.plan("-t", "app", "--name", plan.Pod.Name, "."); err != nil {
			t.Error(err)
		}
	}
	if len(seen) < 20 {
		t.Errorf("20 plans have %d names", len(seen))
	}
}
