package e2e_test

import (
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestDetach(t *testing.T) {
	t.Parallel()
	t.Run("attach while the build runs", attachWhileBuilding)
	t.Run("attach after the build has ended", attachAfterEnd)
	t.Run("attach to a failed build", attachFailed)
	t.Run("interrupt of attach leaves the build", attachInterrupted)
	t.Run("pod ends before it confirms", detachUnconfirmed)
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

// detachUnconfirmed keeps the pod from the confirmation that it needs no client: it waits for a reader of the pipe. The build's end, or the pod's, must then
// end the client's wait.
func detachUnconfirmed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step  string
		code  int
		error string
		end   func(t *testing.T, pod *corev1.Pod)
	}{
		"deleted":   {"sleep 1000", codeInternal, "deleted by somebody else", deletePod},
		"failed":    {"sleep 3; exit 7", codeBuild, "exit code 7", nil},
		"succeeded": {"sleep 3", 0, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			stdin, context := io.Pipe() // it holds the build until the pod can't confirm
			held := build(ns, "--detach", "--name", "unconfirmed", "-t", repository(ns), "-")
			held.stdin = stdin
			p := held.start(t)
			archive := archiveOf(t, map[string]string{"Dockerfile": shell("RUN " + c.step)})
			send := func(part string) {
				if _, err := io.WriteString(context, part); err != nil {
					t.Error(err)
				}
			}
			send(archive[:1024]) // what it is decides whether there is a pod
			eventually(t, time.Minute, "the pod can't confirm", func() bool {
				return worksInPod(t, ns, "unconfirmed", "test -d /run/kubectl-img && mkfifo /run/kubectl-img/detached")
			})
			send(archive[1024:])
			_ = context.Close()
			if c.end != nil {
				eventually(t, time.Minute, "the build runs", func() bool { return worksInPod(t, ns, "unconfirmed", "test build = \"$(cat /run/kubectl-img/phase)\"") })
				c.end(t, onlyPod(t, ns))
			}
			r := p.wait(t)
			if c.code == 0 {
				if r.succeeds(t); r.stdout != "unconfirmed\n" {
					t.Errorf("stdout %q", r.stdout)
				}
				deletePod(t, onlyPod(t, ns)) // it waits for attach
				return
			}
			r.fails(t, c.code, c.error)
		})
	}
}
