package jenkins_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod that somebody deletes is a fault of the cluster: exit code 1.
func TestFaultOfTheClusterIsTriedAgain(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 1, func(pod corev1.Pod) { remove(t, pod) })
	c := job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 5"),
		pipeline: shown("imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)"),
	}.run(t).succeeds(t)
	var got built
	c.result(t, &got)
	if digest := digestOf(t, repository(ns)); got.Digest != digest {
		t.Errorf("digest %s, want %s", got.Digest, digest)
	}
	c.says(t, "attempt 1 of 3 failed", "error: the builder pod was deleted").lacks(t, "attempt 2 of 3")
}

func TestRetriesAreCounted(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	whenBuilding(t, ns, 2, func(pod corev1.Pod) { remove(t, pod) })
	job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"),
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE, retries: 1)",
	}.run(t).fails(t, "error: the builder pod was deleted").says(t, "attempt 1 of 2 failed").lacks(t, "attempt 2 of 2")
}

func remove(t *testing.T, pod corev1.Pod) {
	now := metav1.NewDeleteOptions(0)
	if err := client.CoreV1().Pods(pod.Namespace).Delete(context.WithoutCancel(t.Context()), pod.Name, *now); err != nil {
		t.Error(err)
	}
}

// The plugin is killed with its shell and says goodbye to nobody. Its pod would wait for a minute, and stay.
func TestAbortLeavesNoBuilder(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	abort := filepath.Join(t.TempDir(), "abort")
	whenBuilding(t, ns, 1, func(corev1.Pod) { write(t, abort, "") })
	c := job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"), abort: abort,
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)\necho 'not reached'",
	}.run(t)
	c.says(t, "builder pod "+ns+"/img-", "deleted (running)", "Finished: ABORTED").lacks(t, "not reached", "attempt 1")
	// The test of the namespace's end looks for the pod.
}

// Wherever it was told to run.
func TestAbortedBuildIsFoundWhereItRan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		env  func(ns string) map[string]string
	}{
		"flags": {"extraArgs: ['--request', 'cpu=100m', '--kubeconfig', env.CONFIG, '-n', env.NAMESPACE]", func(string) map[string]string { return nil }},
		"environment": {"retries: 0", func(ns string) map[string]string {
			return map[string]string{"KUBECTL_IMG_NAMESPACE": ns, "KUBECTL_IMG_KUBECONFIG": shared.Kubeconfig}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t)
			abort := filepath.Join(t.TempDir(), "abort")
			whenBuilding(t, ns, 1, func(corev1.Pod) { write(t, abort, "") })
			env := map[string]string{"CONFIG": shared.Kubeconfig}
			maps.Copy(env, c.env(ns))
			job{
				namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"), abort: abort, keyless: true, env: env,
				pipeline: "imgBuild(image: env.IMAGE, " + c.args + ")",
			}.run(t).says(t, "builder pod "+ns+"/img-", "deleted (running)", "Finished: ABORTED")
		})
	}
}

func TestTimeoutOfThePipelineLeavesNoBuilder(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	dir := source(t, busybox(), "RUN sleep 100")
	c := job{
		namespace: ns, workspace: dir,
		pipeline: "timeout(time: 15, unit: 'SECONDS') { imgBuild(image: env.IMAGE, namespace: env.NAMESPACE) }",
	}.run(t)
	c.says(t, "Finished: ABORTED")
	if left, err := os.ReadDir(dir + "@tmp"); err != nil || strings.Contains(names(left), "img-build") {
		t.Errorf("left in the workspace: %s (%v)", names(left), err)
	}
}

func names(entries []os.DirEntry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestFirstFailureStopsTheOtherBuilds(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	dir := source(t, busybox(), "RUN sleep 100")
	write(t, filepath.Join(dir, "bad", "Dockerfile"), busybox()+"\nRUN exit 9\n")
	job{
		namespace: ns, workspace: dir,
		pipeline: `imgBuildAll(failFast: true,
			endless: [image: env.IMAGE + '/endless', namespace: env.NAMESPACE],
			bad: [image: env.IMAGE + '/bad', context: 'bad', namespace: env.NAMESPACE])`,
	}.run(t).fails(t, "error: build failed: ").says(t, "Failed in branch bad", "Failed in branch endless")
}
