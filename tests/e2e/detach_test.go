package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// img is another verb of the plugin in a namespace.
func img(ns, verb string, args ...string) call {
	return call{args: append([]string{verb, "-n", ns}, args...)}
}

// detach starts a build and returns its name, which is all that stdout holds.
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

func TestDetachedBuildIsAttachedTo(t *testing.T) {
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

func TestDetachedBuildThatHasEndedKeepsItsResult(t *testing.T) {
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

func TestDetachedBuildThatFailsIsToldLater(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	name := detach(t, ns, only(t, shell("RUN sleep 2; echo begun-$((40+2)); exit 7")))
	img(ns, "attach", "-q", name).run(t).fails(t, codeBuild, "build failed").says(t, begun)
}

func TestInterruptOfAttachLeavesTheBuild(t *testing.T) {
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

func TestCancelIsToldToTheClientThatWaits(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--name", "mine", endless(t)).start(t)
	p.await(t, begun)
	logs := img(ns, "logs", "-f", "mine").start(t)
	eventually(t, limit, "the log is followed", func() bool { return strings.Contains(logs.stdout.String(), begun) })
	if r := img(ns, "cancel", "mine").run(t).succeeds(t); r.stdout != "build "+ns+"/mine cancelled\n" {
		t.Errorf("stdout %q", r.stdout)
	}
	p.wait(t).within(t, limit).fails(t, codeInternal, "deleted by somebody else").hints(t, "kubectl img cancel")
	logs.wait(t)
	img(ns, "cancel", "--ignore-not-found", "no-such-build").run(t).succeeds(t)
	img(ns, "cancel", "no-such-build").run(t).within(t, 20*time.Second).fails(t, codeInternal, "no-such-build", "not found")
}
