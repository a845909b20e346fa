//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// background is for the commands that this program starts, which end with it or are to outlive it.
var background = context.Background()

func proc(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

func content(path string) []byte {
	data, _ := os.ReadFile(path)
	return data
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// hits runs an attack on every process, also after one succeeded, and reports whether any succeeded.
func hits(pids []int, succeeds func(pid int) bool) bool {
	hit := false
	for _, pid := range pids {
		hit = succeeds(pid) || hit
	}
	return hit
}

// vector reads the first bytes of a process's first mapping, by another system call than /proc uses.
func vector(pid int) bool {
	from, _, _ := strings.Cut(string(content(proc(pid, "maps"))), "-")
	address, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return false
	}
	buffer := make([]byte, 8)
	local := unix.Iovec{Base: &buffer[0], Len: uint64(len(buffer))}
	n, err := unix.ProcessVMReadv(pid, []unix.Iovec{local}, []unix.RemoteIovec{{Base: uintptr(address), Len: len(buffer)}}, 0)
	return err == nil && n > 0
}

func ptrace(pid int) bool {
	if syscall.PtraceAttach(pid) != nil {
		return false
	}
	var status syscall.WaitStatus
	_, _ = syscall.Wait4(pid, &status, 0, nil)
	return syscall.PtraceDetach(pid) == nil
}
