package e2e_test

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// A kubelet that gives the runtime's seccomp profile to pods that name none takes the profile unset away. It is one of a cluster of its
// own: other tests build with the shared one meanwhile.
func TestKubeletWithSeccompDefault(t *testing.T) {
	t.Parallel()
	const beside = 50 // instances of the same checkout
	c, err := cluster.Up(t.Context(), cluster.Options{Instance: beside + shared.Instance, KubeletFlags: []string{"--seccomp-default"}}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Purge(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	dir, cache := only(t, "FROM "+c.Registry+"/busybox:1\nRUN true\n"), t.TempDir()
	run := func(ns string, args ...string) result {
		r := build(ns, append(args, "-t", c.Registry+"/e2e/x", dir)...).remembering(cache)
		r.env = append(r.env, c.Env()...)
		return r.run(t)
	}
	inNamespace(t, c, "open", privileged)
	inNamespace(t, c, "closed", baseline)

	// With the profile on the node, nothing changes.
	run("closed").succeeds(t).tried(t, "userns")
	run("closed", "--profile", "localhost").succeeds(t)
	run("open", "--seccomp-profile", "nope.json").succeeds(t).tried(t, "unconfined", "userns", "localhost", "unset").
		says(t, "profile unset does not work here, trying unconfined: the seccomp profile of the pod denies user namespaces (unshare)")
	run("open", "--seccomp-profile", "nope.json").succeeds(t).tried(t, "unconfined")
	run("open", "--profile", "unset").fails(t, codeInternal, "the seccomp profile of the pod denies user namespaces")
	r := run("closed", "--seccomp-profile", "nope.json")
	r.fails(t, codePolicy, "no profile works in namespace closed", "userns, localhost: CreateContainerError", "unset: the seccomp profile of the pod denies",
		"unconfined: refused by Pod Security baseline").hints(t, "nope.json")
}

// inNamespace makes one that enforces a level.
func inNamespace(t *testing.T, c *cluster.Cluster, name, level string) {
	t.Helper()
	client, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": level},
	}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the namespace has its service account", func() bool {
		_, err := client.CoreV1().ServiceAccounts(name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
}
