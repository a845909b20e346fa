package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestEscape: the program may go where a container's process may not. A process can't use it to create a file, or to change an owner,
// outside of its own root through the links of /proc.
func TestEscape(t *testing.T) {
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
	t.Logf("attempts:\n%s", output(t, emulated(t, dir, "actor", "escape", dir)))
	t.Run("create a file outside", func(t *testing.T) {
		left, err := os.ReadDir(filepath.Join(dir, "outside"))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range left {
			if entry.Name() != "secret" {
				t.Errorf("%s was created", entry.Name())
			}
		}
	})
	t.Run("change an owner outside", func(t *testing.T) {
		if _, err := unix.Getxattr(secret, attribute, nil); !errors.Is(err, unix.ENODATA) {
			t.Errorf("the owner of a file was changed: %v", err)
		}
	})
}

// escape is an actor that enters a jail, gives up its capabilities and tries to get at a directory outside: DIRECTORY.
func escape(args []string) {
	must(errors.Join(unix.Mount("/proc", "jail/proc", "", unix.MS_BIND|unix.MS_REC, ""), unix.Chroot("jail"), unix.Chdir("/")))
	dropCapabilities()
	roots := []string{
		"/proc/self/root", "/proc/thread-self/root", "/proc/" + helper() + "/root",
		"/proc/" + helper() + "/task/" + helper() + "/cwd/../../../../../../../..",
	}
	for i, root := range roots {
		link, outside := "link"+strconv.Itoa(i), root+args[0]+"/outside/"
		say("link", unix.Symlink(root, link))
		for j, way := range []string{outside, "/" + link + args[0] + "/outside/", link + args[0] + "/outside/"} {
			tryWay(way, fmt.Sprint(i, j))
		}
	}
}

// tryWay tries each call that creates or changes a file. Its names end in a unique text.
func tryWay(way, unique string) {
	name := func(kind string) string { return way + kind + unique }
	open := func(name string, flags int) error { return sayOwner(name, flags|unix.O_WRONLY) }
	say("chown", way, unix.Chown(way+"secret", 7, 7))
	say("lchown", way, unix.Lchown(way+"secret", 7, 7))
	_ = asUser(1000, 1000, func() error {
		say("mkdir", unix.Mkdir(name("dir"), 0o777))
		say("symlink", unix.Symlink("x", name("symlink")))
		say("pipe", unix.Mknod(name("pipe"), unix.S_IFIFO|0o666, 0))
		say("device", unix.Mknod(name("device"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
		say("file", open(name("file"), unix.O_CREAT))
		say("file without a name", open(way, unix.O_TMPFILE))
		say("dangling link", errors.Join(unix.Symlink(name("through"), "dangling"+unique), open("dangling"+unique, unix.O_CREAT)))
		say("rename", errors.Join(unix.Symlink("x", "mine"+unique), unix.Rename("mine"+unique, name("moved"))))
		say("hard link", unix.Link("mine"+unique, name("linked")))
		return nil
	})
}
