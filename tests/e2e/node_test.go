package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// otherNode starts a cluster whose node is not like the shared one's, beside it: other tests build with that one meanwhile. The numbers
// from tens on are those of other nodes of other checkouts.
func otherNode(t *testing.T, tens int, options cluster.Options) *cluster.Cluster {
	t.Helper()
	options.Instance = tens + shared.Instance
	c, err := cluster.Up(t.Context(), options, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Purge(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

// buildOn is a build on another node, of one step.
func buildOn(t *testing.T, c *cluster.Cluster, ns string, args ...string) call {
	t.Helper()
	r := build(ns, append(args, "-t", c.Registry+"/e2e/x", only(t, "FROM "+c.Registry+"/busybox:1\nRUN true\n"))...)
	r.env = append(r.env, c.Env()...)
	return r
}

// A container runtime without user namespaces says so for good, in the kubelet's events only; everybody waits for the pod in vain.
func TestRuntimeWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	runtime := filepath.Join(t.TempDir(), "runc")
	write(t, runtime, `#!/bin/sh
case " $* " in
*" features "*) runc features | sed '/"mountExtensions"/,/^ *},*$/s/"enabled": true/"enabled": false/' ;;
*) exec runc "$@" ;;
esac
`)
	if err := os.Chmod(runtime, 0o755); err != nil {
		t.Fatal(err)
	}
	c := otherNode(t, 60, cluster.Options{Runtime: runtime})
	inNamespace(t, c, "closed", baseline)
	inNamespace(t, c, "strict", restricted)
	buildOn(t, c, "strict").run(t).succeeds(t).tried(t, "restricted", "userns").
		says(t, "profile restricted does not work here with a user namespace of the pod's own, trying without: FailedCreatePodSandBox: ")
	r := buildOn(t, c, "closed").run(t).succeeds(t).tried(t, "localhost", "userns")
	r.says(t, "profile userns does not work here, trying localhost: FailedCreatePodSandBox: ")
	buildOn(t, c, "closed", "--profile", "userns").run(t).within(t, soon).fails(t, codeInternal, "FailedCreatePodSandBox").hints(t, "--profile localhost")
}

// A kubelet that gives the runtime's seccomp profile to pods that name none takes the profile unset away.
func TestKubeletWithSeccompDefault(t *testing.T) {
	t.Parallel()
	c, cache := otherNode(t, 50, cluster.Options{KubeletFlags: []string{"--seccomp-default"}}), t.TempDir()
	run := func(ns string, args ...string) result { return buildOn(t, c, ns, args...).remembering(cache).run(t) }
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
