package runc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is how long to wait before a look at processes is repeated.
const tick = 10 * time.Millisecond

// supervise runs the real runc, and ends what its container's first process has left behind: BuildKit and runc both wait until the last
// process has closed the output.
func supervise(program string, args []string, pidFile string) (int, error) {
	runtime.LockOSThread() // runc gets SIGKILL when the thread that started it ends
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGWINCH)
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	ended := make(chan struct{})
	go endLeftovers(cmd.Process.Pid, pidFile, ended)
	err := cmd.Wait()
	close(ended)
	endChildren()
	var exited *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exited):
		return 0, err
	case exited.ExitCode() < 0:
		return 128 + int(exited.Sys().(syscall.WaitStatus).Signal()), nil //nolint:forcetypeassert // it is one on Linux
	}
	return exited.ExitCode(), nil
}

// endLeftovers waits for the end of the container's first process, and then kills what else is below runc until runc has ended. Those are
// processes of a container that has no pid namespace; in one, the kernel has killed them.
func endLeftovers(runc int, pidFile string, ended <-chan struct{}) {
	awaitEnd(firstProcess(pidFile, ended))
	for pause(ended) {
		for _, pid := range children(strconv.Itoa(runc)) {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// firstProcess is the one that runc writes into the file, or 0 if runc has ended without.
func firstProcess(pidFile string, ended <-chan struct{}) int {
	for pause(ended) {
		text, _ := os.ReadFile(pidFile)
		if pid, err := strconv.Atoi(string(text)); err == nil {
			return pid
		}
	}
	return 0
}

// awaitEnd returns when there is no such process any more.
func awaitEnd(pid int) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(process)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// pause waits a little, and reports whether there is anything left to wait for.
func pause(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return false
	case <-time.After(tick):
		return true
	}
}

// endChildren kills this process's children until there is none: those of a child that was killed become our own.
func endChildren() {
	for {
		for _, pid := range children("self") {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			return
		}
	}
}

// children lists a process's children.
func children(process string) []int {
	var pids []int
	tasks, _ := filepath.Glob("/proc/" + process + "/task/*/children")
	for _, task := range tasks {
		list, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(list)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
