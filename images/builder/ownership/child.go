package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// childName is argument zero of the process that becomes the command.
const childName = "ownership-child"

// childSocket is the descriptor to which that process sends the listener: the first one after stdin, stdout and stderr.
const childSocket = 3

// startChild runs this program a second time. The second process installs the filter and becomes the command. startChild returns the
// descriptor on which the command's calls arrive.
func startChild(program string, args []string) (*exec.Cmd, int, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("make a socket: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "listener"), os.NewFile(uintptr(pair[1]), "listener")
	defer ours.Close()
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe")
	cmd.Args = append([]string{childName, program}, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{theirs}
	runtime.LockOSThread() // the kernel kills the command when this thread ends: the command must not go on without this program
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := errors.Join(cmd.Start(), theirs.Close()); err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	listener, err := receive(pair[0])
	if err != nil {
		_, _ = cmd.Process.Kill(), cmd.Wait() // it has printed the reason, if it could
		return nil, 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	return cmd, listener, nil
}

func receive(socket int) (int, error) {
	control := make([]byte, unix.CmsgSpace(4))
	n, controlled, _, _, err := unix.Recvmsg(socket, make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("the seccomp filter was not taken")
	}
	messages, err := unix.ParseSocketControlMessage(control[:controlled])
	if err != nil || len(messages) != 1 {
		return 0, errors.Join(errors.New("no descriptor came"), err)
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(descriptors) != 1 {
		return 0, errors.Join(errors.New("no descriptor came"), err)
	}
	return descriptors[0], nil
}

// becomeCommand does not return if it succeeds. It installs the filter on this thread; exec ends all other threads.
func becomeCommand(args []string) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	listener, err := install(filter())
	if err != nil {
		return fmt.Errorf("listen to system calls (seccomp user notification): %w", err)
	}
	if err := unix.Sendmsg(childSocket, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("hand over the listener: %w", err)
	}
	if err := errors.Join(unix.Close(listener), unix.Close(childSocket)); err != nil {
		return err
	}
	return fmt.Errorf("run %s: %w", args[0], syscall.Exec(args[0], args[1:], os.Environ()))
}

// install installs a filter on this thread. Only a fatal signal interrupts a call that this program has begun to answer: a call that starts
// again would find its own work done.
func install(program []unix.SockFilter) (int, error) {
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}
