package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLeadsNobodyOut: the program may go where a container's process may not. By its links in /proc nothing is made, and no owner changed,
// outside of the root that the process has, whosever link it is and whatever leads to it.
func TestLeadsNobodyOut(t *testing.T) {
	dir := workDir(t, 1000)
	for _, name := range []string{"outside", "jail", "jail/proc"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(path, 0o777), os.Chown(path, 1000, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(dir, "outside/secret")
	if err := errors.Join(os.WriteFile(secret, nil, 0o666), os.Chown(secret, 1000, 1000)); err != nil {
		t.Fatal(err)
	}
	t.Logf("the ways out:\n%s", output(t, emulated(t, dir, "actor", "escape", dir)))
	left, err := os.ReadDir(filepath.Join(dir, "outside"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.Name() != "secret" {
			t.Errorf("%s was made", entry.Name())
		}
	}
	if _, err := unix.Getxattr(secret, attribute, nil); !errors.Is(err, unix.ENODATA) {
		t.Errorf("the owner of a file was changed: %v", err)
	}
}

// escape is the program of that test: it shuts itself in, and tries the ways out.
func escape(dir string) {
	runtime.LockOSThread()
	server := strconv.Itoa(os.Getppid())
	try := func(what string, err error) { _, _ = fmt.Fprintln(os.Stdout, what, err) }
	var none [2]unix.CapUserData // a step's are fewer than the builder's
	err := errors.Join(unix.Mount("/proc", "jail/proc", "", unix.MS_BIND|unix.MS_REC, ""), unix.Chroot("jail"), unix.Chdir("/"),
		unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
	for i, root := range []string{"/proc/self/root", "/proc/thread-self/root", "/proc/" + server + "/root", "/proc/" + server + "/task/" + server + "/cwd/../../../../../../../.."} {
		link, outside := "link"+strconv.Itoa(i), root+dir+"/outside/"
		try("link", unix.Symlink(root, link))
		for j, way := range []string{outside, "/" + link + dir + "/outside/", link + dir + "/outside/"} {
			name := func(kind string) string { return fmt.Sprint(way, kind, i, j) }
			try("chown "+way, unix.Chown(way+"secret", 7, 7))
			try("lchown "+way, unix.Lchown(way+"secret", 7, 7))
			_ = actor{}.as(1000, 1000, func() error {
				try("mkdir", unix.Mkdir(name("dir"), 0o777))
				try("symlink", unix.Symlink("x", name("symlink")))
				try("fifo", unix.Mknod(name("fifo"), unix.S_IFIFO|0o666, 0))
				try("device", unix.Mknod(name("device"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
				try("create", through(name("file"), unix.O_CREAT|unix.O_WRONLY, nil))
				try("tmpfile", through(way, unix.O_TMPFILE|unix.O_WRONLY, nil))
				try("dangling", errors.Join(unix.Symlink(name("through"), fmt.Sprint("dangling", i, j)), through(fmt.Sprint("dangling", i, j), unix.O_CREAT|unix.O_WRONLY, nil)))
				try("rename", errors.Join(unix.Symlink("x", fmt.Sprint("mine", i, j)), unix.Rename(fmt.Sprint("mine", i, j), name("moved"))))
				try("hard link", unix.Link(fmt.Sprint("mine", i, j), name("linked")))
				return nil
			})
		}
	}
}
