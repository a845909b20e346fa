package e2e_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// listed is what a script reads of `ls -o json`.
type listed struct {
	Items []struct {
		Metadata metav1.ObjectMeta
		Spec     struct {
			Tags        []string
			Profile, By string
			Detached    bool
		}
		Status struct{ Phase, Node, Digest, Error string }
	}
}

func list(t *testing.T, ns string) (l listed) {
	t.Helper()
	r := img(ns, "ls", "-o", "json").run(t).succeeds(t)
	if err := json.Unmarshal([]byte(r.stdout), &l); err != nil {
		t.Fatalf("%v: %s", err, r.stdout)
	}
	return l
}

func TestListShowsWhatRuns(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	if r := img(ns, "ls").run(t).succeeds(t); r.stdout != "" || len(list(t, ns).Items) > 0 {
		t.Errorf("builds before the first: %s", r.stdout)
	}
	c := build(ns, "-t", repository(ns), "--name", "mine", endless(t))
	c.env = []string{"USER=jane"}
	p := c.start(t)
	p.await(t, begun)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	items := list(t, ns).Items
	if len(items) != 1 {
		t.Fatalf("%d builds", len(items))
	}
	b, node := items[0], onlyPod(t, ns).Spec.NodeName
	if b.Metadata.Name != "mine" || b.Status.Phase != "Building" || b.Status.Node != node || b.Spec.By != "jane@"+host ||
		b.Spec.Profile == "" || b.Spec.Detached || strings.Join(b.Spec.Tags, ",") != repository(ns)+":latest" {
		t.Errorf("%+v", b)
	}
	wide := img(ns, "ls", "-o", "wide").run(t).succeeds(t).stdout
	for _, part := range []string{"NAME", "STATUS", "AGE", "IMAGE", "BY", "PROFILE", "NODE", "mine", "Building", "jane@" + host, node} {
		if !strings.Contains(wide, part) {
			t.Errorf("ls -o wide lacks %q:\n%s", part, wide)
		}
	}
	if plain := img(ns, "ls").run(t).succeeds(t).stdout; strings.Contains(plain, node) {
		t.Errorf("ls is wide:\n%s", plain)
	}
	if everywhere := img("default", "ls", "-A").run(t).succeeds(t).stdout; !strings.Contains(everywhere, "NAMESPACE") || !strings.Contains(everywhere, ns) {
		t.Errorf("ls -A:\n%s", everywhere)
	}
	img(ns, "ls", "-o", "nonsense").run(t).fails(t, codeUsage, "nonsense")
	p.signal(t, syscall.SIGINT)
	p.wait(t)
}

func TestPruneSparesWhatRuns(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), "--name", "kept", "--keep", nothingMuch(t)).run(t).succeeds(t)
	p := build(ns, "-t", repository(ns), "--name", "runs", endless(t)).start(t)
	p.await(t, begun)
	eventually(t, limit, "the kept pod has ended", func() bool { return len(list(t, ns).Items) == 2 && list(t, ns).Items[0].Status.Phase == "Done" })
	if d := list(t, ns).Items[0].Status.Digest; !strings.HasPrefix(d, "sha256:") {
		t.Errorf("digest %q", d)
	}
	dry := img(ns, "prune", "--dry-run").run(t).succeeds(t)
	if !strings.Contains(dry.stdout, ns+"/kept") || len(podNames(t.Context(), t, ns)) != 2 {
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

// A build sweeps what nobody can be waiting for any more, by the clock of the API server; never anything else.
func TestBuildSweepsWhatHasExpired(t *testing.T) {
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
	c := build(ns, "-t", repository(ns), nothingMuch(t))
	eventually(t, soon, "it has expired", func() bool {
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
