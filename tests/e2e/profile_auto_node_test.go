package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// otherNode starts another cluster, whose node has other options, because other tests use the shared cluster at the same time. tens keeps the
// numbers of such clusters apart, also from those of other checkouts.
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

// buildOn is a build of one step in another cluster.
func buildOn(t *testing.T, c *cluster.Cluster, ns string, args ...string) call {
	t.Helper()
	r := build(ns, append(args, "-t", c.Registry+"/e2e/x", only(t, "FROM "+c.Registry+"/busybox:1\nRUN true\n"))...)
	r.env = append(r.env, c.Env()...)
	return r
}

// nodeWithoutUserNamespaces uses a container runtime without user namespaces. A pod that needs one never starts; only the kubelet's events tell why.
func namespaceOn(t *testing.T, c *cluster.Cluster, level string) string {
	t.Helper()
	client, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	return clustertest.Namespace(t, client, level+"-", level)
}

func nodeWithoutUserNamespaces(t *testing.T) {
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
	closed, strict := namespaceOn(t, c, baseline), namespaceOn(t, c, restricted)
	buildOn(t, c, strict).run(t).succeeds(t).tried(t, "restricted", "userns").
		says(t, "profile restricted does not work here with a user namespace of the pod's own, trying without: FailedCreatePodSandBox: ")
	r := buildOn(t, c, closed).run(t).succeeds(t).tried(t, "localhost", "userns")
	r.says(t, "profile userns does not work here, trying localhost: FailedCreatePodSandBox: ")
	buildOn(t, c, closed, "--profile", "userns").run(t).within(t, soon).fails(t, codeInternal, "FailedCreatePodSandBox").hints(t, "--profile localhost")
}

// nodeWithSeccompDefault uses a kubelet that gives pods the runtime's seccomp profile if they name none. Then profile unset can't work.
func nodeWithSeccompDefault(t *testing.T) {
	t.Parallel()
	c, cache := otherNode(t, 50, cluster.Options{KubeletFlags: []string{"--seccomp-default"}}), t.TempDir()
	run := func(ns string, args ...string) result { return buildOn(t, c, ns, args...).withCache(cache).run(t) }
	open, closed := namespaceOn(t, c, privileged), namespaceOn(t, c, baseline)

	// The seccomp profile of the builder is on the node, so nothing changes.
	run(closed).succeeds(t).tried(t, "userns")
	run(closed, "--profile", "localhost").succeeds(t)
	// Without it, one profile is left that filters system calls.
	run(open, "--seccomp-profile", "nope.json").succeeds(t).tried(t, "stock", "userns").says(t, "profile userns does not work here, trying stock: CreateContainerError")
	run(closed, "--seccomp-profile", "nope.json").succeeds(t).tried(t, "stock", "userns")
	run(closed, "--profile", "stock", "--min-profile", "stock").succeeds(t)
	run(open, "--profile", "unset").fails(t, codeInternal, "the seccomp profile of the pod denies user namespaces")

	// An older image does not know that profile.
	older := []string{"--seccomp-profile", "nope.json", "--image", c.LegacyImage}
	run(open, older...).succeeds(t).tried(t, "unconfined", "userns", "stock", "unset").
		says(t, "skipping localhost, restricted, which would fail for the same reason", "profile unset does not work here, trying unconfined: the seccomp profile of the pod denies user namespaces (unshare)")
	r := run(closed, older...)
	r.fails(t, codePolicy, "no profile works in namespace "+closed, "userns, localhost, restricted: CreateContainerError", "unset: the seccomp profile of the pod denies",
		"unconfined: refused by Pod Security baseline").hints(t, "nope.json")
}
