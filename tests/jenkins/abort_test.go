package jenkins_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

func TestAbort(t *testing.T) {
	t.Parallel()
	t.Run("deletes the builder", abortDeletesBuilder)
	t.Run("finds the builder by the options of the step", abortFindsBuilder)
	t.Run("timeout of the pipeline", abortByTimeout)
	t.Run("failFast aborts the other builds", abortByFailFast)
}

// abortDeletesBuilder kills the plugin together with its shell. Without the library's clean-up, the builder pod would wait for a minute for its
// client, and stay. The check at the end of the namespace finds it then.
func abortDeletesBuilder(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	abort := filepath.Join(t.TempDir(), "abort")
	whenBuilding(t, ns, 1, func(corev1.Pod) { clustertest.WriteFile(t, abort, "") })
	c := job{
		namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"), abort: abort,
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)\necho 'not reached'",
	}.run(t)
	c.says(t, "builder pod "+ns+"/img-", "deleted (running)", "Finished: ABORTED").lacks(t, "not reached", "attempt 1")
}

// abortFindsBuilder sets the builder's namespace and cluster in other ways than by the arguments of the step.
func abortFindsBuilder(t *testing.T) {
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
			whenBuilding(t, ns, 1, func(corev1.Pod) { clustertest.WriteFile(t, abort, "") })
			env := map[string]string{"CONFIG": shared.Kubeconfig}
			maps.Copy(env, c.env(ns))
			job{
				namespace: ns, workspace: source(t, busybox(), "RUN sleep 100"), abort: abort, keyless: true, env: env,
				pipeline: "imgBuild(image: env.IMAGE, " + c.args + ")",
			}.run(t).says(t, "builder pod "+ns+"/img-", "deleted (running)", "Finished: ABORTED")
		})
	}
}

func abortByTimeout(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	dir := source(t, busybox(), "RUN sleep 100")
	c := job{
		namespace: ns, workspace: dir,
		pipeline: "timeout(time: 15, unit: 'SECONDS') { imgBuild(image: env.IMAGE, namespace: env.NAMESPACE) }",
	}.run(t)
	c.says(t, "Finished: ABORTED")
	if left, err := os.ReadDir(dir + "@tmp"); err != nil || strings.Contains(names(left), "img-build") {
		t.Errorf("left behind in the workspace: %s (%v)", names(left), err)
	}
}

func names(entries []os.DirEntry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func abortByFailFast(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	dir := source(t, busybox(), "RUN sleep 100")
	clustertest.WriteFile(t, filepath.Join(dir, "bad", "Dockerfile"), busybox()+"\nRUN exit 9\n")
	job{
		namespace: ns, workspace: dir,
		pipeline: `imgBuildAll(failFast: true,
			endless: [image: env.IMAGE + '/endless', namespace: env.NAMESPACE],
			bad: [image: env.IMAGE + '/bad', context: 'bad', namespace: env.NAMESPACE])`,
	}.run(t).fails(t, "error: build failed: ").says(t, "Failed in branch bad", "Failed in branch endless")
}
