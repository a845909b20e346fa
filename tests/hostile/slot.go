//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// slot attacks what a container for build steps has besides the step: the agent, which is process 1, its descriptors, and what it may have handed to
// the step. Each attack on the agent runs on a process of its own, too, where it must succeed.
func slot() {
	victim := exec.CommandContext(background, "sleep", "60")
	if err := victim.Start(); err != nil {
		fmt.Fprintln(os.Stdout, "no victim:", err)
		return
	}
	for _, target := range []struct {
		name string
		pid  int
	}{{"control", victim.Process.Pid}, {"attack", 1}} {
		for _, attack := range []struct {
			name     string
			succeeds func(pid int) bool
		}{
			{"ptrace", ptrace},
			{"memory", func(pid int) bool { return readable(proc(pid, "mem")) }},
			{"environment", func(pid int) bool { return len(content(proc(pid, "environ"))) > 0 }},
			{"descriptors", descriptors},
			{"program", func(pid int) bool { _, err := os.Readlink(proc(pid, "exe")); return err == nil }},
			{"maps", func(pid int) bool { return len(content(proc(pid, "maps"))) > 0 }},
			{"stop", stops},
		} {
			fmt.Fprintln(os.Stdout, target.name, attack.name, attack.succeeds(target.pid))
		}
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()
	fmt.Fprintln(os.Stdout, "attack inherited", inherited())
	fmt.Fprintln(os.Stdout, "attack leftovers", leftovers())
	leave()
	for _, name := range agents() {
		fmt.Fprintln(os.Stdout, "agent", name)
	}
}

// descriptors reports whether a descriptor of a process can be opened, or its file be named. To know how many there are is no success.
func descriptors(pid int) bool {
	found := false
	for fd := range 64 {
		path := proc(pid, "fd/"+strconv.Itoa(fd))
		_, err := os.Readlink(path)
		found = err == nil || readable(path) || found
	}
	return found
}

// stops stops a process for good, and reports whether it is stopped.
func stops(pid int) bool {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for range 100 {
		if _, state, found := strings.Cut(string(content(proc(pid, "stat"))), ") "); found && strings.HasPrefix(state, "T") {
			return true
		}
	}
	return false
}

// inherited reports whether this process has a descriptor that leads out of what a build step has: anything but files of its own, and its output.
func inherited() bool {
	found := false
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		switch {
		case err != nil, target == "/dev/null", strings.HasPrefix(target, "pipe:"), strings.HasPrefix(target, "anon_inode:"), strings.HasPrefix(target, "/proc/"),
			strings.HasPrefix(target, "/sys/fs/cgroup/"): // opened by Go's own runtime
		default:
			fmt.Fprintln(os.Stdout, "descriptor", entry.Name(), target)
			found = true
		}
	}
	return found
}

// The places that outlive a step's processes, and are no part of its image.
var places = []string{"/dev/shm/left", "/dev/left", "/dev/mqueue/left"}

// leave leaves something in each place that the next step could find: a file, an entry of /etc/hosts, shared memory, and a process.
func leave() {
	for _, place := range places {
		_ = os.WriteFile(place, []byte("left"), 0o666)
	}
	for _, file := range []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"} {
		if f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0); err == nil {
			_, _ = f.WriteString("\n# left 192.0.2.1\n")
			_ = f.Close()
		}
	}
	_, _, _ = syscall.Syscall(syscall.SYS_SHMGET, sharedKey, 4096, 0o1000|0o666)
	stay := exec.CommandContext(background, "sleep", "1000")
	stay.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_ = stay.Start()
}

const sharedKey = 0x6c656674

// leftovers reports whether anything of another step is here.
func leftovers() bool {
	found := false
	say := func(what string) {
		fmt.Fprintln(os.Stdout, "left:", what)
		found = true
	}
	for _, place := range places {
		if _, err := os.Lstat(place); err == nil {
			say(place)
		}
	}
	for _, file := range []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"} {
		if strings.Contains(string(content(file)), "# left ") {
			say(file)
		}
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_SHMGET, sharedKey, 4096, 0); errno == 0 {
		say("shared memory")
	}
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, entry := range entries {
		if strings.HasPrefix(string(content(entry)), "sleep\x001000") {
			say("a process")
		}
	}
	return found
}

// agents returns the abstract sockets on which agents listen. The kernel shows them to every process of the pod's network namespace.
func agents() []string {
	var names []string
	for line := range strings.Lines(string(content("/proc/net/unix"))) {
		fields := strings.Fields(line)
		if len(fields) > 7 && strings.HasPrefix(fields[7], "@img-") && fields[3] == fmt.Sprintf("%08X", 1<<16) {
			names = append(names, strings.TrimPrefix(fields[7], "@"))
		}
	}
	return names
}
