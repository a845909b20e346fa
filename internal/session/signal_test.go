//go:build linux

package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// soon bounds what must happen at once but for the load of the machine.
const soon = 15 * time.Second

// container is a pod whose supervisor is process 1 of a pid namespace, as in a container: there a signal without a handler is
// ignored, and the end of process 1 is the end of all.
type container struct {
	*pod
	init int // as seen from here
}

func startContainer(t *testing.T, shell []string, env ...string) *container {
	t.Helper()
	c := &container{pod: newPod(t, shell)}
	c.enter = []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Geteuid() != 0 {
		c.enter = append(c.enter, "--user", "--map-root-user")
		c.write("subuid", "user:0:1\n") // the one id that is mapped
	}
	c.start(env...)
	c.await("process 1", func() bool {
		pid := c.supervisor.Process.Pid
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		c.init, _ = strconv.Atoi(strings.TrimSpace(string(children)))
		return c.init != 0 && c.read("run/pid") != ""
	})
	// As containerd does, each exec gets a session of its own.
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

// processes lists the pids, as seen from here, of the programs in the container whose command line holds text.
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

// children lists the processes that the supervisor itself has started.
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

// life is a container on its way through a build of one step, which ends when release is called.
type life struct {
	*container
	session *Session
	ctx     context.Context
	log     bytes.Buffer
	sent    chan error
	open    chan struct{} // closed when uploads may go on
}

// gate holds a stream back after its first bytes.
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

// startLife brings a container into a state.
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
	go func() { l.sent <- l.session.Upload(l.ctx, job, nothing) }()
}

// release ends the step with an exit code.
func (l *life) release(code int) { l.write("go", strconv.Itoa(code)) }

// finish lets everything go on to its end, which has to be a good one.
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

// checkEnd holds the container's end to an exit code, and its termination message to a phase, empty for success.
func (l *life) checkEnd(code int, phase string) {
	l.t.Helper()
	if got := l.supervisor.ProcessState.ExitCode(); got != code {
		l.t.Errorf("exit code %d, want %d", got, code)
	}
	_, err := ParseResult(l.read("termination"))
	got := ""
	if failed, ok := err.(*JobError); ok { //nolint:errorlint // returned as it is
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
	// The engine, and whatever else ran in the container, has ended with it.
	l.await("end of all processes", func() bool { return len(l.processes(l.root)) == 0 })
}

// What each signal to the container's main process does. What asks it to end ends the build and says so; what does not is no
// reason to lose a build.
func TestSignalsInEveryState(t *testing.T) {
	// A signal that is ignored here, as nohup has it, would be ignored by the supervisor as well.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
	const stopped, abandoned, ignored = "stopped", "abandoned", ""
	does := map[syscall.Signal]string{
		unix.SIGTERM: stopped, unix.SIGINT: stopped, unix.SIGHUP: stopped, unix.SIGQUIT: stopped, // an image may name any of them as its STOPSIGNAL
		unix.SIGUSR1: abandoned, // the leash's own
		unix.SIGUSR2: ignored, unix.SIGPIPE: ignored, unix.SIGALRM: ignored,
	}
	codes := map[string]int{stopped: 143, abandoned: 1}
	eachShell(t, func(t *testing.T, shell []string) {
		for _, state := range []string{waiting, receiving, running, concluded} {
			for s, phase := range does {
				t.Run(state+"/"+unix.SignalName(s), func(t *testing.T) {
					l := startLife(t, shell, state)
					l.signal(l.init, s)
					if phase == ignored {
						l.finish(state)
						return
					}
					l.await("end", l.over)
					if state == concluded {
						l.checkEnd(0, "") // the build was done, and remains so
						return
					}
					l.checkEnd(codes[phase], phase)
				})
			}
		}
	})
}
