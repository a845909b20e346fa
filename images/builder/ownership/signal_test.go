package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A build step can't stop the helper, or limit it.
func TestStopHelper(t *testing.T) {
	t.Run("from a build step", func(t *testing.T) {
		got := output(t, endless(emulated(t, workDir(t, 1000), "actor", "stop", "step")))
		if diff := cmp.Diff(refused(), lines(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("from the engine", func(t *testing.T) {
		got := output(t, emulated(t, workDir(t, 1000), "actor", "stop", "engine"))
		if want := "prlimit64: <nil>\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// endless makes a command end even if its helper is stopped, which is in a process group of its own.
func endless(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = time.Second
	time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	return cmd
}

// refused is what a build step gets.
func refused() []string {
	want := []string{
		"kill 19", "kill 20", "kill 21", "kill 22", "kill of a thread", "kill of its group", "kill of the own group, which is its group",
		"kill of all processes", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal", "F_SETSIG", "prlimit64", "ptrace",
		"process_vm_writev",
	}
	for way := range compatWays(0, 0) {
		want = append(want, way)
	}
	for i := range want {
		want[i] += ": operation not permitted"
	}
	return append(want, "x32 kill: function not implemented")
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

// stopHelper is an actor that tries to stop the helper, as a step or as the engine.
func stopHelper(args []string) {
	runtime.LockOSThread()
	pid, limit := os.Getppid(), unix.Rlimit{Cur: 1, Max: 1}
	if args[0] == "engine" {
		say("prlimit64:", unix.Prlimit(pid, unix.RLIMIT_CORE, &limit, nil))
		return
	}
	must(unix.Unshare(unix.CLONE_NEWNS)) // as a container
	dropCapabilities()
	for s := firstStop; s <= lastStop; s++ {
		say(fmt.Sprintf("kill %d:", s), unix.Kill(pid, unix.Signal(s)))
	}
	say("kill of a thread:", unix.Kill(otherThread(pid), unix.SIGSTOP))
	group, err := unix.Getpgid(pid)
	must(err)
	say("kill of its group:", unix.Kill(-group, unix.SIGSTOP))
	say("kill of the own group, which is its group:", unix.Kill(0, unix.SIGSTOP))
	say("kill of all processes:", unix.Kill(-1, unix.SIGSTOP))
	say("tkill:", callNumber(unix.SYS_TKILL, otherThread(pid), int(unix.SIGSTOP)))
	say("tgkill:", unix.Tgkill(pid, pid, unix.SIGSTOP))
	info := queued()
	say("rt_sigqueueinfo:", callNumber(unix.SYS_RT_SIGQUEUEINFO, pid, int(unix.SIGSTOP), pointer(&info)))
	say("rt_tgsigqueueinfo:", callNumber(unix.SYS_RT_TGSIGQUEUEINFO, pid, pid, int(unix.SIGSTOP), pointer(&info)))
	pidfd, err := unix.PidfdOpen(pid, 0)
	must(err)
	say("pidfd_send_signal:", unix.PidfdSendSignal(pidfd, unix.SIGSTOP, nil, 0))
	say("F_SETSIG:", sigio(pid))
	say("prlimit64:", unix.Prlimit(pid, unix.RLIMIT_CORE, &limit, nil))
	say("ptrace:", unix.PtraceSeize(pid))
	_, err = unix.ProcessVMWritev(pid, iovecs(make([]byte, 1)), []unix.RemoteIovec{{Base: page, Len: 1}}, 0)
	say("process_vm_writev:", err)
	for way, send := range compatWays(pid, int(unix.SIGSTOP)) {
		say(way+":", send())
	}
	say("x32 kill:", callNumber(firstX32|unix.SYS_KILL, pid, int(unix.SIGSTOP)))
}

func otherThread(pid int) int {
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	must(err)
	n, err := strconv.Atoi(threads[len(threads)-1].Name())
	must(err)
	return n
}

// sigio makes the kernel send a signal when a pipe can be read.
func sigio(to int) error {
	var pipe [2]int
	must(unix.Pipe(pipe[:]))
	_, err := unix.FcntlInt(uintptr(pipe[0]), unix.F_SETSIG, int(unix.SIGSTOP))
	_, owner := unix.FcntlInt(uintptr(pipe[0]), unix.F_SETOWN, to)
	_, async := unix.FcntlInt(uintptr(pipe[0]), unix.F_SETFL, unix.O_ASYNC)
	_, write := unix.Write(pipe[1], []byte{0})
	must(errors.Join(owner, async, write))
	return err
}

// queued is a siginfo that a process may send: its code is SI_QUEUE.
func queued() [128]byte {
	info := [128]byte{}
	code := int32(-1)
	copy(info[8:], bytesOf(&code))
	return info
}

func pointer(v *[128]byte) int { return int(uintptr(unsafe.Pointer(v))) }

func callNumber(nr int, args ...int) error {
	var a [6]uintptr
	for i, v := range args {
		a[i] = uintptr(v)
	}
	if _, _, errno := unix.Syscall6(uintptr(nr), a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
		return errno
	}
	return nil
}

// A build step can stop and signal its own processes.
func TestStopOwnProcess(t *testing.T) {
	got := output(t, emulated(t, workDir(t, 1000), "actor", "stop own"))
	want := []string{
		"kill: <nil>", "kill of the group: <nil>", "tkill: <nil>", "tgkill: <nil>", "rt_sigqueueinfo: <nil>", "rt_tgsigqueueinfo: <nil>",
		"prlimit64: <nil>", "F_SETSIG: <nil>", "child: signal: killed",
	}
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// stopOwn is the actor.
func stopOwn([]string) {
	runtime.LockOSThread()
	must(unix.Unshare(unix.CLONE_NEWNS))
	dropCapabilities()
	child := exec.CommandContext(context.Background(), "/bin/sleep", "1000")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(child.Start())
	pid, info := child.Process.Pid, queued()
	say("kill:", unix.Kill(pid, unix.SIGSTOP))
	say("kill of the group:", unix.Kill(-pid, unix.SIGSTOP))
	say("tkill:", callNumber(unix.SYS_TKILL, pid, int(unix.SIGSTOP)))
	say("tgkill:", unix.Tgkill(pid, pid, unix.SIGSTOP))
	say("rt_sigqueueinfo:", callNumber(unix.SYS_RT_SIGQUEUEINFO, pid, int(unix.SIGSTOP), pointer(&info)))
	say("rt_tgsigqueueinfo:", callNumber(unix.SYS_RT_TGSIGQUEUEINFO, pid, pid, int(unix.SIGSTOP), pointer(&info)))
	say("prlimit64:", unix.Prlimit(pid, unix.RLIMIT_CORE, nil, nil))
	_, err := unix.FcntlInt(0, unix.F_SETSIG, int(unix.SIGIO))
	say("F_SETSIG:", err)
	must(child.Process.Kill())
	say("child:", child.Wait())
}
