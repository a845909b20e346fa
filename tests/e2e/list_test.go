package e2e_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// listed are the fields of `ls -o json` that scripts use.
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

func TestList(t *testing.T) {
	t.Parallel()
	t.Run("running build", listRunning)
}

func listRunning(t *testing.T) {
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
	wide := ""
	eventually(t, soon, "the pod says in time that it builds", func() bool { // on a busy machine it does not, and ls says Running
		wide = img(ns, "ls", "-o", "wide").run(t).succeeds(t).stdout
		return strings.Contains(wide, "Building")
	})
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
