//go:build linux

package session

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// one is the only process in the container whose command line holds text.
func (c *container) one(text string) int {
	c.t.Helper()
	var found []int
	c.await("process "+text, func() bool {
		found = c.processes(text)
		return len(found) > 0
	})
	if len(found) != 1 {
		c.t.Fatalf("processes %q: %d", text, found)
	}
	return found[0]
}

// parent is the process that started pid.
func (c *container) parent(pid int) int {
	c.t.Helper()
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
	line, _, _ := strings.Cut(rest, "\n")
	parent, err := strconv.Atoi(line)
	if err != nil {
		c.t.Fatalf("process %d has ended", pid)
	}
	return parent
}

// The processes of a build, each of which the node's memory killer may choose.
func engineOf(l *life) int  { return l.one(": engine") }
func jobOf(l *life) int     { return l.parent(engineOf(l)) }
func outsideOf(l *life) int { return l.parent(jobOf(l)) }

// leashOf is the main process's own subshell: a fork keeps the command line.
func leashOf(l *life) int {
	for _, pid := range l.processes("supervise") {
		if pid != l.init && l.parent(pid) == l.init {
			return pid
		}
	}
	l.t.Fatal("no leash")
	return 0
}

// blockOf is the process that copies a frame; busybox's own dd has no command line of its own.
func blockOf(l *life) int {
	pid := l.parent(l.one("tee " + l.path("run/tosum")))
	for {
		next := slices.DeleteFunc(l.children(pid), func(child int) bool {
			return slices.Contains(slices.Concat(l.processes("tee"), l.processes("tar -x"), l.processes("sha256sum"), l.processes("openssl")), child)
		})
		if len(next) == 0 {
			return pid
		}
		pid = next[len(next)-1]
	}
}

// A process that is killed costs the build, and says so, or it costs nothing. It never makes a failure look like success.
func TestKilledProcessIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		state  string
		victim func(l *life) int
		phase  string // of the failure, empty where the build goes on
		code   int    // of the failure
	}{
		"the engine":                        {running, engineOf, "build", 137},
		"the job's shell":                   {running, jobOf, "build", 137},
		"the shell around the job":          {running, outsideOf, "killed", 137},
		"the wait for the upload":           {waiting, func(l *life) int { return l.one("cat " + l.path("run/start")) }, "", 0},
		"the same in an upload":             {receiving, func(l *life) int { return l.one("cat " + l.path("run/start")) }, "", 0},
		"the leash's outer loop":            {waiting, leashOf, "", 0},
		"the leash's inner loop":            {waiting, func(l *life) int { return l.children(leashOf(l))[0] }, "", 0},
		"the leash's sleep":                 {waiting, func(l *life) int { return l.one("sleep 1") }, "", 0},
		"the receiver":                      {receiving, func(l *life) int { return l.parent(l.one("tee " + l.path("run/tosum"))) }, "", 0},
		"the receiver's tee":                {receiving, func(l *life) int { return l.one("tee " + l.path("run/tosum")) }, "", 0},
		"the receiver's tar":                {receiving, func(l *life) int { return l.one("tar -x") }, "", 0},
		"the receiver's dd":                 {receiving, blockOf, "", 0},
		"the wait for the last look":        {concluded, func(l *life) int { return l.one("sleep 60") }, "", 0},
		"the log's tee, of a silent engine": {running, func(l *life) int { return l.one("tee -a") }, "build", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				l := startLife(t, shell, c.state)
				l.signal(c.victim(l), unix.SIGKILL)
				if c.phase == "" {
					l.finish(c.state)
					return
				}
				l.release(7) // where nobody is left to notice
				_, err := outcome(t, l.ctx, l.session)
				var failed *JobError
				if !errors.As(err, &failed) || failed.Phase != c.phase || c.code != 0 && failed.Code != c.code {
					t.Errorf("%v, want phase %s and code %d", err, c.phase, c.code)
				}
				if !l.over() {
					l.signal(l.init, syscall.SIGTERM)
				}
				l.await("end", l.over)
				l.checkEnd(1, c.phase)
			})
		})
	}
}

// A probe that hangs does not keep the supervisor from its end.
func TestStoppedWhileTheEngineIsProbed(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		c := startContainer(t, shell, "PROBE=sleep 1000")
		c.one("sleep 1000")
		c.signal(c.init, unix.SIGTERM)
		c.await("end", c.over)
		(&life{container: c}).checkEnd(143, "stopped")
	})
}

// Whenever it is told to stop, it reports once, and what it reports is how it ends.
func TestStoppedAtAnyMoment(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		random := rand.New(rand.NewPCG(7, 8))
		for range 15 {
			l := startLife(t, shell, running)
			l.release(0)
			// The moments that matter are those around the result.
			after := time.Duration(random.IntN(300)) * time.Millisecond
			<-time.After(after)
			for !l.over() {
				_ = syscall.Kill(l.init, unix.SIGTERM) // as often as it can be heard
				<-time.After(time.Millisecond)
			}
			if n := strings.Count(l.read("run/events"), "result "); n != 1 {
				t.Errorf("%d results after %s: %s", n, after, l.read("run/events"))
			}
			phase, code := "", 0
			if l.said("stopped") {
				phase, code = "stopped", 143
			}
			l.checkEnd(code, phase)
		}
	})
}
