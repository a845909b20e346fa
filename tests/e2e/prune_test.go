package e2e_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	t.Run("running build is kept", pruneVerb)
	t.Run("build deletes expired pods", pruneByBuild)
}

func pruneVerb(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), "--name", "kept", "--keep", smallContext(t)).run(t).succeeds(t)
	p := build(ns, "-t", repository(ns), "--name", "runs", endless(t)).start(t)
	p.await(t, begun)
	eventually(t, limit, "the kept pod has ended", func() bool { return len(list(t, ns).Items) == 2 && list(t, ns).Items[0].Status.Phase == "Done" })
	if d := list(t, ns).Items[0].Status.Digest; !strings.HasPrefix(d, "sha256:") {
		t.Errorf("digest %q", d)
	}
	dry := img(ns, "prune", "--dry-run").run(t).succeeds(t)
	if !strings.Contains(dry.stdout, ns+"/kept") || len(podNames(t, ns)) != 2 {
		t.Errorf("dry run: %s", dry.stdout)
	}
	if r := img(ns, "prune").run(t).succeeds(t); !strings.Contains(r.stdout, ns+"/kept") || strings.Contains(r.stdout, ns+"/runs") {
		t.Errorf("prune: %s", r.stdout)
	}
	if r := img(ns, "prune", "--all").run(t).succeeds(t); !strings.Contains(r.stdout, ns+"/runs") {
		t.Errorf("prune --all: %s", r.stdout)
	}
	p.wait(t).fails(t, codeInternal, "deleted by somebody else")
}

// pruneByBuild expects that a build deletes expired builder pods, by the API server's clock, and no other pods.
func pruneByBuild(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	labels := func(app string) map[string]string {
		return map[string]string{"app.kubernetes.io/managed-by": app, "app.kubernetes.io/component": "builder"}
	}
	idle := func(name, app, expiry string) {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels(app), Annotations: map[string]string{"kubectl-img.dev/expires-after": expiry}},
			Spec:       corev1.PodSpec{NodeSelector: map[string]string{"no": "where"}, Containers: []corev1.Container{{Name: "builder", Image: "none"}}},
		}
		if _, err := client.CoreV1().Pods(ns).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	idle("expired", "kubectl-img", "1s")
	idle("waited-for", "kubectl-img", "1h")
	idle("without-expiry", "kubectl-img", "")
	idle("of-another-tool", "somebody", "1s")
	c := build(ns, "-t", repository(ns), smallContext(t))
	eventually(t, soon, "the pod has expired", func() bool {
		pod, err := client.CoreV1().Pods(ns).Get(t.Context(), "expired", metav1.GetOptions{})
		return err == nil && metav1.Now().After(pod.CreationTimestamp.Add(2e9))
	})
	c.run(t).succeeds(t).says(t, "deleted builder pod "+ns+"/expired, which was left behind")
	for _, name := range []string{"waited-for", "without-expiry", "of-another-tool"} {
		if err := client.CoreV1().Pods(ns).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
