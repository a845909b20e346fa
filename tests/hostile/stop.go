//go:build linux

package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// sysPidfdOpen and sysPidfdSendSignal have the same number on every architecture.
const (
	sysPidfdOpen       = 434
	sysPidfdSendSignal = 424
)

// setSignal is F_SETSIG, which package syscall lacks.
const setSignal = 10

// stop tries each way to stop a process, and continues the process if it succeeded. A helper that can be stopped at the right time would
// answer a call of a process that has ended, and whose number another process has.
func stop(processes []int) {
	for _, way := range []struct {
		name string
		send func(pid int) bool
	}{
		{"kill", func(pid int) bool { return syscall.Kill(pid, syscall.SIGSTOP) == nil }},
		{"kill_terminal", func(pid int) bool { return syscall.Kill(pid, syscall.SIGTSTP) == nil }},
		{"tkill", func(pid int) bool { return raw(syscall.SYS_TKILL, pid, int(syscall.SIGSTOP)) }},
		{"tgkill", func(pid int) bool { return raw(syscall.SYS_TGKILL, pid, pid, int(syscall.SIGSTOP)) }},
		{"queue", queue},
		{"descriptor", descriptor},
		{"input", input},
		{"limit", limit},
	} {
		succeeded := hits(processes, way.send)
		hits(processes, func(pid int) bool { return succeeded && syscall.Kill(pid, syscall.SIGCONT) == nil })
		fmt.Fprintln(os.Stdout, "attack", way.name, succeeded)
	}
}

func raw(number uintptr, args ...int) bool {
	var a [4]uintptr
	for i, arg := range args {
		a[i] = uintptr(arg)
	}
	_, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], 0, 0)
	return errno == 0
}

// queue sends the signal with a value.
func queue(pid int) bool {
	info := [32]int32{2: -1} // si_code is SI_QUEUE
	_, _, errno := syscall.Syscall(syscall.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(syscall.SIGSTOP), uintptr(unsafe.Pointer(&info)))
	return errno == 0
}

// descriptor sends the signal through a descriptor of the process.
func descriptor(pid int) bool {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		return false
	}
	defer syscall.Close(int(fd))
	return raw(sysPidfdSendSignal, int(fd), int(syscall.SIGSTOP))
}

// input makes the kernel send the signal when there is input.
func input(pid int) bool {
	var pipe [2]int
	if syscall.Pipe(pipe[:]) != nil {
		return false
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	if !raw(syscall.SYS_FCNTL, pipe[0], setSignal, int(syscall.SIGSTOP)) || !raw(syscall.SYS_FCNTL, pipe[0], syscall.F_SETOWN, pid) ||
		!raw(syscall.SYS_FCNTL, pipe[0], syscall.F_SETFL, syscall.O_ASYNC) {
		return false
	}
	_, err := syscall.Write(pipe[1], []byte{0})
	return err == nil
}

// limit takes the process's right to dump core, as it could take its descriptors.
func limit(pid int) bool {
	var none syscall.Rlimit
	_, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_CORE, uintptr(unsafe.Pointer(&none)), 0, 0, 0)
	return errno == 0
}
