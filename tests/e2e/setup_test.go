package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// installers is the namespace that `kubectl img setup --profiles` prints.
const installers = "kubectl-img"

// TestSetupIsAllThatABuildNeeds applies what setup prints to a cluster without the namespace, and builds as somebody who has
// nothing but the Role in it.
func TestSetupIsAllThatABuildNeeds(t *testing.T) {
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

func TestSetupForUsersAndGroups(t *testing.T) {
	t.Parallel()
	ns := "e2e-setup-" + utilrand.String(5)
	removeNamespace(t, ns)
	shellOut(t, "kubectl img setup -n "+ns+" --profile unconfined --user jane --group builders | kubectl apply -f -")
	dir := only(t, scratch("LABEL a=b"))
	build(ns, "-t", repository(ns), "--as", "jane", dir).run(t).succeeds(t)
	build(ns, "-t", repository(ns), "--as", "joe", "--as-group", "builders", dir).run(t).succeeds(t)
	build(ns, "-t", repository(ns), "--as", "joe", dir).run(t).fails(t, codePolicy, "joe")
}

// TestInstallerBringsAndKeepsTheProfile is not parallel: it takes the profile away from the node on which all builds run.
func TestInstallerBringsAndKeepsTheProfile(t *testing.T) {
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
	eventually(t, 20*time.Second, "a changed profile is put right", func() bool { return sameFile(file, before) })
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

// shellOut runs a line as the documentation has it, with the plugin on PATH, and returns its output.
func shellOut(t *testing.T, line string) string {
	t.Helper()
	c := call{
		program: "/bin/sh", args: []string{"-c", line},
		env: []string{"PATH=" + bin + ":" + shared.Bin + ":" + os.Getenv("PATH")},
	}
	return c.run(t).succeeds(t).stdout
}

// withToken makes the call one of a service account, with a kubeconfig that holds nothing else.
func withToken(t *testing.T, c call, ns, account string) call {
	t.Helper()
	token, err := client.CoreV1().ServiceAccounts(ns).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(shared.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		*user = clientcmdapi.AuthInfo{Token: token.Status.Token}
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "KUBECONFIG="+path)
	return c
}

// removeNamespace deletes one at the test's end that the test itself does not make.
func removeNamespace(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// removeAndWait has a namespace gone, with all that its pods take along, before the test begins and when it has ended.
func removeAndWait(t *testing.T, name string) {
	t.Helper()
	remove := func() {
		ctx := context.WithoutCancel(t.Context())
		eventually(t, 90*time.Second, "namespace "+name+" is gone", func() bool {
			return apierrors.IsNotFound(client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
		})
	}
	remove()
	t.Cleanup(remove)
}
