package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestStat(t *testing.T) {
	t.Run("process that can't be dumped", func(t *testing.T) {
		got := output(t, emulated(t, workDir(t, 1000), "sh", "-c", "touch file && chown 5:6 file && actor 'stat undumpable' file"))
		if want := "5:6\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("descriptor of a symbolic link, after a call of a process with another root", func(t *testing.T) {
		got := output(t, emulated(t, workDir(t, 1000), "actor", "link descriptor"))
		if want := "[5:6]\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestChown(t *testing.T) {
	t.Run("descriptor of a pipe whose name leads to another pipe", func(t *testing.T) {
		got := output(t, emulated(t, workDir(t, 1000), "actor", "hidden pipe"))
		if want := "7:8\n"; got != want {
			t.Errorf("the other pipe has owner %q, want %q", got, want)
		}
	})
}

// hiddenPipe is an actor that changes the owner of a pipe after another directory was mounted over the pipe's.
func hiddenPipe([]string) {
	for i, dir := range []string{"below", "above"} {
		must(os.Mkdir(dir, 0o777))
		must(unix.Mkfifo(dir+"/pipe", 0o666))
		must(os.Chown(dir+"/pipe", 5+2*i, 6+2*i))
	}
	fd, err := unix.Open("below/pipe", unix.O_RDWR, 0)
	must(err)
	must(unix.Mount("above", "below", "", unix.MS_BIND, ""))
	must(unix.Fchown(fd, 1, 1))
	var s unix.Stat_t
	must(unix.Stat("below/pipe", &s))
	say(shownOwner(s))
}

// statUndumpable is an actor that prints a file's owner as a process whose memory and files are hidden from other processes of the user: PATH.
func statUndumpable(args []string) {
	must(unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	var s unix.Stat_t
	must(unix.Lstat(args[0], &s))
	say(shownOwner(s))
}

func shownOwner(s unix.Stat_t) string { return fmt.Sprintf("%d:%d", s.Uid, s.Gid) }

// linkDescriptor is an actor that prints the owner of a symbolic link by its descriptor, after calls of processes with other roots: one in which
// the link has another name, and one that the link is outside of.
func linkDescriptor([]string) {
	must(os.MkdirAll("jail/dir/other", 0o777))
	must(os.Symlink("nowhere", "jail/dir/link"))
	must(os.Lchown("jail/dir/link", 5, 6))
	fd, err := unix.Open("jail/dir/link", unix.O_PATH|unix.O_NOFOLLOW, 0)
	must(err)
	answers := map[string]bool{}
	for range 20 * workers {
		for _, root := range []string{"jail", "jail/dir/other"} {
			inJail(root, func() {
				var s unix.Stat_t
				_ = unix.Stat("/", &s)
			})
		}
		var s unix.Stat_t
		must(unix.Fstatat(fd, "", &s, unix.AT_EMPTY_PATH))
		answers[shownOwner(s)] = true
	}
	say(slices.Sorted(maps.Keys(answers)))
}

func TestOpen(t *testing.T) {
	t.Run("O_PATH with O_CREAT and O_EXCL is the kernel's", func(t *testing.T) {
		got := output(t, emulated(t, workDir(t, 1000), "actor", "open path"))
		if want := "own file: <nil>\nroot of the helper: permission denied\n"; got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// openPath is an actor with few capabilities and another user. O_PATH makes the kernel ignore O_CREAT and O_EXCL, and follow links.
func openPath([]string) {
	must(os.WriteFile("file", nil, 0o666))
	dropCapabilities()
	for _, target := range [][2]string{{"own file", "file"}, {"root of the helper", filepath.Join("/proc", helper(), "root")}} {
		_ = asUser(1000, 1000, func() error {
			_, err := unix.Open(target[1], unix.O_PATH|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o666)
			say(target[0]+":", err)
			return nil
		})
	}
}
