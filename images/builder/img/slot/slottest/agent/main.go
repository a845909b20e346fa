// agent is the agent of a slot in a container that it makes by itself, for tests, and a build step that attacks it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
)

func main() {
	err := slot.Stage()
	switch {
	case err != nil:
	case len(os.Args) != 3:
		err = errors.New("usage: agent NAME ROOT | agent attack NAME")
	case os.Args[1] == "attack":
		err = attack(os.Args[2])
	default:
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
		err = serve(os.Args[1], os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// attack connects with the agent as an engine does, and reports what it gets.
func attack(name string) error {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "unix", "@"+name)
	if err != nil {
		return err
	}
	_, _ = c.Write([]byte("\x00\x00\x00\x0c{\"Hello\":{}}"))
	_ = c.SetDeadline(time.Now().Add(time.Second))
	n, err := c.Read(make([]byte, 1))
	_, _ = fmt.Fprintf(os.Stdout, "read %d bytes, %v\n", n, err)
	return nil
}

// serve makes a container's root directory, as a runtime does, and runs the agent in it.
func serve(name, root string) error {
	// So that the mounts below end with this process.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(root, name) }
	for _, dir := range []string{"proc", "dev", "etc", "usr/bin"} {
		if err := os.MkdirAll(at(dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(at("usr/bin/old"), nil, 0o755); err != nil {
		return err
	}
	hosts := root + ".hosts"
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(at("etc/hosts"), nil, 0o644); err != nil {
		return err
	}
	mounts := []struct{ source, target, kind string }{{"proc", "proc", "proc"}, {"dev", "dev", "tmpfs"}, {hosts, "etc/hosts", ""}}
	for _, m := range mounts {
		flags := uintptr(0)
		if m.kind == "" {
			flags = unix.MS_BIND
		}
		if err := unix.Mount(m.source, at(m.target), m.kind, flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	for name, minor := range map[string]uint32{"null": 3, "zero": 5} {
		if err := unix.Mknod(at("dev/"+name), unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
			return err
		}
		if err := os.Chmod(at("dev/"+name), 0o666); err != nil {
			return err
		}
	}
	if err := os.Symlink("/proc/self/fd/1", at("dev/stdout")); err != nil {
		return err
	}
	if err := os.Mkdir(at("dev/shm"), 0o777); err != nil {
		return err
	}
	if err := unix.Mount("shm", at("dev/shm"), "tmpfs", 0, ""); err != nil {
		return err
	}
	if err := unix.Chroot(root); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	return slot.Serve(name)
}

// kept are the capabilities of a container for build steps.
var kept = []uint{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SETFCAP, unix.CAP_SYS_CHROOT,
	unix.CAP_KILL, unix.CAP_MKNOD,
}

// dropCapabilities drops all others, for every thread.
func dropCapabilities() error {
	kept = slices.DeleteFunc(kept, func(n uint) bool {
		return slices.Contains(strings.Fields(strings.Trim(os.Getenv("WITHOUT"), "[]")), strconv.Itoa(int(n)))
	})
	for capability := uint(0); capability <= unix.CAP_LAST_CAP; capability++ {
		if slices.Contains(kept, capability) {
			continue
		}
		if _, _, err := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(capability), 0); err != 0 {
			return err
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for _, capability := range kept {
		data[0].Permitted |= 1 << capability
		data[0].Effective |= 1 << capability
	}
	if _, _, err := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0); err != 0 {
		return err
	}
	return nil
}
