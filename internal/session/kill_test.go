//go:build linux

package session

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// one returns the only process in the container whose command line contains text.
func (c *container) one(text string) int {
	c.t.Helper()
	var found []int
	c.await("one process "+text, func() bool { // a fork has the command line of its parent for a moment
		found = c.processes(text)
		return len(found) == 1
	})
	return found[0]
}

// parent returns the process that started pid.
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

// The processes of a build. The kernel can kill each of them for lack of memory.
func engineOf(l *life) int     { return l.one(": engine") }
func jobOf(l *life) int        { return l.parent(engineOf(l)) }
func outerShellOf(l *life) int { return l.parent(jobOf(l)) }

// leashOf returns the supervisor's subshell: a fork keeps the command line.
func leashOf(l *life) int {
	var leash int
	l.await("leash", func() bool {
		for _, pid := range l.processes("supervise") {
			if pid != l.init && l.parent(pid) == l.init {
				leash = pid
			}
		}
		return leash != 0
	})
	return leash
}

// leashLoopOf returns the process that the leash has started.
func leashLoopOf(l *life) int {
	var loop []int
	l.await("leash's inner loop", func() bool {
		loop = l.children(leashOf(l))
		return len(loop) > 0
	})
	return loop[0]
}

// blockOf returns the process that copies a frame. Its command line does not show it: busybox runs dd in a fork of the shell.
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

// A killed process ends the build with an error, or has no effect. A failure never looks like success.
func TestKill(t *testing.T) {
	for name, c := range map[string]struct {
		state  string
		victim func(l *life) int
		phase  string // of the failure; empty if the build continues
		code   int    // of the failure
	}{
		"the engine":                                {running, engineOf, "build", 137},
		"the job's shell":                           {running, jobOf, "build", 137},
		"the shell that stores the exit code":       {running, outerShellOf, "killed", 137},
		"the wait for the upload":                   {waiting, func(l *life) int { return l.one("cat " + l.path("run/start")) }, "", 0},
		"the wait for the upload, during an upload": {receiving, func(l *life) int { return l.one("cat " + l.path("run/start")) }, "", 0},
		"the leash's outer loop":                    {waiting, leashOf, "", 0},
		"the leash's inner loop":                    {waiting, leashLoopOf, "", 0},
		"the leash's sleep":                         {waiting, func(l *life) int { return l.one("sleep 1") }, "", 0},
		"the receiver":                              {receiving, func(l *life) int { return l.parent(l.one("tee " + l.path("run/tosum"))) }, "", 0},
		"the receiver's tee":                        {receiving, func(l *life) int { return l.one("tee " + l.path("run/tosum")) }, "", 0},
		"the receiver's tar":                        {receiving, func(l *life) int { return l.one("tar -x") }, "", 0},
		"the receiver's dd":                         {receiving, blockOf, "", 0},
		"the wait after the result":                 {concluded, func(l *life) int { return l.one("sleep 60") }, "", 0},
		"the tee of the log, before output":         {running, func(l *life) int { return l.one("tee -a") }, "build", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				l := startLife(t, shell, c.state)
				l.signal(c.victim(l), unix.SIGKILL)
				if c.phase == "" {
					l.finish(c.state)
					return
				}
				l.release(7) // a failure that the supervisor may not see
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

// A killed engine that receives costs one try.
func TestKillEngineThatReceives(t *testing.T) {
	l := startLife(t, engineReceives(t), receiving)
	l.signal(l.one("receive --events"), unix.SIGKILL)
	l.finish(receiving)
}
