package e2e_test

import (
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestDetach(t *testing.T) {
	t.Parallel()
	t.Run("attach while the build runs", attachWhileBuilding)
	t.Run("attach after the build has ended", attachAfterEnd)
	t.Run("attach to a failed build", attachFailed)
	t.Run("interrupt of attach leaves the build", attachInterrupted)
}

// detach starts a build and returns its name. Stdout has nothing else.
func detach(t *testing.T, ns string, args ...string) string {
	t.Helper()
	r := build(ns, append([]string{"--detach", "-t", repository(ns)}, args...)...).run(t).succeeds(t)
	name := strings.TrimSpace(r.stdout)
	if name != onlyPod(t, ns).Name {
		t.Fatalf("stdout %q, want the name of %s", r.stdout, onlyPod(t, ns).Name)
	}
	r.says(t, "kubectl img attach -n "+ns+" "+name)
	return name
}

func attachWhileBuilding(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	name := detach(t, ns, only(t, shell("RUN echo begun-$((40+2)); sleep 4; echo over-$((40+3))")))
	if isPushed(t, repository(ns)) {
		t.Error("the client waited for the push")
	}
	r := img(ns, "attach", name).run(t).succeeds(t)
	r.says(t, begun, "over-43")
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}

func attachAfterEnd(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	name := detach(t, ns, "--detach-grace", "5s", only(t, shell("RUN echo begun-$((40+2))")))
	eventually(t, limit, "the pod has ended", func() bool { return onlyPod(t, ns).Status.Phase == corev1.PodSucceeded })
	if logs := img(ns, "logs", "-f", name).run(t).succeeds(t); !strings.Contains(logs.stdout, begun) {
		t.Errorf("the log lacks the step: %s", logs.stdout)
	}
	r := img(ns, "attach", name).run(t).succeeds(t)
	r.says(t, begun)
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}

func attachFailed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	name := detach(t, ns, only(t, shell("RUN sleep 2; echo begun-$((40+2)); exit 7")))
	img(ns, "attach", "-q", name).run(t).fails(t, codeBuild, "build failed").says(t, begun)
}

func attachInterrupted(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	name := detach(t, ns, endless(t))
	p := img(ns, "attach", name).start(t)
	p.await(t, begun)
	p.signal(t, syscall.SIGINT)
	p.wait(t).fails(t, codeInterrupted).says(t, "kubectl img cancel -n "+ns+" "+name)
	if phase := onlyPod(t, ns).Status.Phase; phase != corev1.PodRunning {
		t.Errorf("the pod is %s", phase)
	}
	img(ns, "cancel", name).run(t).succeeds(t)
}
