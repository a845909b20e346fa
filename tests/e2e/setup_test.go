package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	utilrand "k8s.io/apimachinery/pkg/util/rand"
)

// installers is the namespace of the installers that `kubectl img setup --profiles` prints.
const installers = "kubectl-img"

func TestSetup(t *testing.T) {
	t.Parallel()
	t.Run("service account", setupServiceAccount)
	t.Run("users and groups", setupUsers)
}

// setupServiceAccount applies what setup prints to a cluster without the namespace, and builds as a service account that has only the Role of it.
func setupServiceAccount(t *testing.T) {
	t.Parallel()
	ns := "e2e-setup-" + utilrand.String(5)
	removeNamespace(t, ns)
	shellOut(t, "kubectl img setup -n "+ns+" | kubectl apply -f -")
	c := build(ns, "-t", repository(ns), "--profile", "userns", only(t, shell(look)))
	r := withToken(t, c, ns, "kubectl-img").run(t).succeeds(t)
	if warned := r.lines("warning: "); len(warned) > 0 {
		t.Errorf("warnings: %q", warned)
	}
	elsewhere := withToken(t, build("default", "-t", repository(ns), only(t, scratch("LABEL a=b"))), ns, "kubectl-img")
	elsewhere.run(t).fails(t, codePolicy, "cannot create resource \"pods\"")
	weaker := withToken(t, build(ns, "-t", repository(ns), "--profile", "unconfined", only(t, scratch("LABEL a=b"))), ns, "kubectl-img")
	weaker.run(t).fails(t, codePolicy, "violates PodSecurity")
}

func setupUsers(t *testing.T) {
	t.Parallel()
	ns := "e2e-setup-" + utilrand.String(5)
	removeNamespace(t, ns)
	shellOut(t, "kubectl img setup -n "+ns+" --profile unconfined --user jane --group builders | kubectl apply -f -")
	dir := only(t, scratch("LABEL a=b"))
	build(ns, "-t", repository(ns), "--as", "jane", dir).run(t).succeeds(t)
	build(ns, "-t", repository(ns), "--as", "joe", "--as-group", "builders", dir).run(t).succeeds(t)
	build(ns, "-t", repository(ns), "--as", "joe", dir).run(t).fails(t, codePolicy, "joe")
}

// TestSetupInstaller is serial: it removes the seccomp profile from the node on which all builds run.
func TestSetupInstaller(t *testing.T) {
	file, before := keepProfileFile(t)
	removeAndWait(t, installers)
	ns := namespace(t, baseline)
	dir := only(t, shell(look))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	build(ns, "-t", repository(ns), "--profile", "userns", dir).run(t).fails(t, codeInternal, "seccomp profile")

	shellOut(t, fmt.Sprintf("kubectl img setup --profiles --apparmor --image %s --kubelet-dir %s/kubelet | kubectl apply -f -", shared.BuilderImage, shared.Dir))
	shellOut(t, "kubectl -n kubectl-img rollout status --timeout=90s daemonset/seccomp daemonset/apparmor")
	for _, profile := range []string{"userns", "localhost", "restricted"} {
		build(ns, "-t", repository(ns), "--profile", profile, dir).run(t).succeeds(t)
	}
	if log := shellOut(t, "kubectl -n kubectl-img logs daemonset/apparmor"); !strings.Contains(log, "this node has no AppArmor") {
		t.Errorf("the AppArmor installer says %q", log)
	}
	write(t, file, "{}")
	eventually(t, 20*time.Second, "a changed profile is restored", func() bool { return sameFile(file, before) })
	shellOut(t, "kubectl -n kubectl-img rollout restart daemonset/seccomp && kubectl -n kubectl-img rollout status --timeout=90s daemonset/seccomp")
	build(ns, "-t", repository(ns), "--profile", "userns", dir).run(t).succeeds(t)

	shellOut(t, "kubectl delete namespace kubectl-img --timeout=90s")
	if left, err := filepath.Glob(filepath.Join(seccompDir(), "*kubectl-img*")); err != nil || len(left) > 0 {
		t.Errorf("left on the node: %q", left)
	}
	build(ns, "-t", repository(ns), "--profile", "userns", dir).run(t).fails(t, codeInternal, "seccomp profile")
}

func sameFile(path string, want []byte) bool {
	got, err := os.ReadFile(path)
	return err == nil && string(got) == string(want)
}
