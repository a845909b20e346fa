//go:build linux

package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// soon is the limit for what happens at once on an idle machine.
const soon = 15 * time.Second

// container is a pod whose supervisor is process 1 of a pid namespace, as in a container. The kernel ignores a signal for which process 1
// has no handler, and ends all processes with it.
type container struct {
	*pod
	init int // pid in the namespace of the test
}

func startContainer(t *testing.T, shell []string, env ...string) *container {
	t.Helper()
	c := &container{pod: newPod(t, shell)}
	c.enter = []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Geteuid() != 0 {
		c.enter = append(c.enter, "--user", "--map-root-user")
		c.write("subuid", "user:0:1\n") // only this id is mapped
	}
	c.start(env...)
	c.await("process 1", func() bool {
		pid := c.supervisor.Process.Pid
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		c.init, _ = strconv.Atoi(strings.TrimSpace(string(children)))
		return c.init != 0 && c.read("run/pid") != ""
	})
	// containerd starts each exec in a session of its own.
	c.enter = []string{"nsenter", "--target", strconv.Itoa(c.init), "--pid", "--mount"}
	if os.Geteuid() != 0 {
		c.enter = append(c.enter, "--user", "--preserve-credentials")
	}
	c.enter = append(c.enter, "setsid")
	return c
}

func (c *container) await(what string, there func() bool) {
	c.t.Helper()
	for limit := time.Now().Add(soon); !there(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(limit) {
			c.t.Fatalf("no %s; events %q, log %q", what, c.read("run/events"), c.read("workspace/log"))
		}
	}
}

func (c *container) said(event string) bool { return strings.Contains(c.read("run/events"), event) }

func (c *container) over() bool { return closed(c.ended) }

// processes returns the pids of the container's processes whose command line contains text.
func (c *container) processes(text string) []int {
	ours, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", c.init))
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		space, _ := os.Readlink(dir + "/ns/pid")
		argv, _ := os.ReadFile(dir + "/cmdline")
		if ours == "" || space != ours || !strings.Contains(string(bytes.ReplaceAll(argv, []byte{0}, []byte(" "))), text) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		pids = append(pids, pid)
	}
	return pids
}

// children returns the processes that a process has started.
func (c *container) children(of int) []int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", of, of))
	var pids []int
	for _, field := range strings.Fields(string(text)) {
		pid, _ := strconv.Atoi(field)
		pids = append(pids, pid)
	}
	return pids
}

func (c *container) signal(pid int, s syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		c.t.Fatalf("signal %v to %d: %v", s, pid, err)
	}
}

// life is a container that runs a build of one step, which ends once release is called.
type life struct {
	*container
	session *Session
	ctx     context.Context
	log     bytes.Buffer
	sent    chan error
	open    chan struct{} // closed when the upload can continue
}

// gate stops a stream after its first bytes.
type gate struct {
	io.Reader
	left int
	open <-chan struct{}
}

func (g *gate) Read(p []byte) (int, error) {
	if g.left <= 0 {
		<-g.open
	} else {
		p = p[:min(len(p), g.left)]
	}
	n, err := g.Reader.Read(p)
	g.left -= n
	return n, err
}

const (
	waiting   = "waiting for the upload"
	receiving = "receiving"
	running   = "running a step"
	concluded = "concluded"
)

// startLife starts a container and waits until it is in a state.
func startLife(t *testing.T, shell []string, state string) *life {
	t.Helper()
	l := &life{container: startContainer(t, shell), sent: make(chan error, 1), open: make(chan struct{})}
	l.session, l.ctx = l.pod.session(&l.log, func(s *Session) {
		honest := s.run
		s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
			if argv[2] == "receive" {
				st.Stdin = &gate{st.Stdin, 70_000, l.open}
			}
			return honest(ctx, argv, st)
		}
	})
	l.await("ready", func() bool { return l.said("ready") })
	if state == waiting {
		return l
	}
	l.upload()
	l.await("upload", func() bool {
		return l.said("receiving 1\ntook\n") || len(l.processes("receive 1")) > 0 && l.said("receiving 1")
	})
	if state == receiving {
		return l
	}
	close(l.open)
	l.await("step", func() bool { return len(l.processes("engine")) > 0 })
	if state == running {
		return l
	}
	l.release(0)
	l.await("result", func() bool { return l.said("result") })
	return l
}

func (l *life) upload() {
	step := "echo begun; until [ -s " + l.path("go") + " ]; do sleep 0.1; done; echo done; exit $(cat " + l.path("go") + "); : engine"
	hex := strings.Repeat("ab", 32)
	job := l.job(map[string]string{"a": noise(200_000)}, sh(engine.PhaseBuild, step), sh(engine.PhaseDigest, "echo sha256:"+hex))
	go func() { l.sent <- l.session.Upload(l.ctx, job, ignoreProgress) }()
}

// release ends the step with an exit code.
func (l *life) release(code int) { l.write("go", strconv.Itoa(code)) }

// finish lets the build run to its end and fails the test if the build fails.
func (l *life) finish(state string) {
	l.t.Helper()
	if state == waiting {
		l.upload()
	}
	if state == waiting || state == receiving {
		close(l.open)
	}
	l.release(0)
	if r, err := outcome(l.t, l.ctx, l.session); err != nil || r.Digest == "" {
		l.t.Errorf("result %+v, %v", r, err)
	}
	if got := l.log.String(); got != "begun\ndone\n" {
		l.t.Errorf("log %q", got)
	}
	l.session.Release()
	l.await("end", l.over)
	l.checkEnd(0, "")
}

// checkEnd compares the container's exit code, and the phase in its termination message, which is empty for success.
func (l *life) checkEnd(code int, phase string) {
	l.t.Helper()
	if got := l.supervisor.ProcessState.ExitCode(); got != code {
		l.t.Errorf("exit code %d, want %d", got, code)
	}
	_, err := ParseResult(l.read("termination"))
	got := ""
	if failed, ok := err.(*JobError); ok { //nolint:errorlint // ParseResult does not wrap it
		got = failed.Phase
	} else if err != nil {
		l.t.Errorf("termination message %q: %v", l.read("termination"), err)
	}
	if got != phase {
		l.t.Errorf("termination message %q, want phase %q", l.read("termination"), phase)
	}
	if !strings.Contains("\n"+l.read("run/events"), "\nresult ") {
		l.t.Errorf("no result in the events %q", l.read("run/events"))
	}
	// The engine and all other processes have ended with the container.
	l.await("end of all processes", func() bool { return len(l.processes(l.root)) == 0 })
}
