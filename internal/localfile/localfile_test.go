//go:build unix

package localfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// In each test the working directory is new and empty, and "path" is what the user names.

func TestWrite(t *testing.T) {
	for name, c := range map[string]struct {
		arrange func(t *testing.T)
		path    string
		read    string // the file that has the content then; path if empty
		inPlace bool   // the file stays the same one
	}{
		"nothing yet":               {},
		"a file":                    {arrange: func(t *testing.T) { write(t, "path", "old, and longer than the new") }},
		"a file with a second name": {arrange: func(t *testing.T) { write(t, "other", "old"); link(t, os.Link, "other", "path") }, read: "other", inPlace: true},
		"a link to a file":          {arrange: func(t *testing.T) { write(t, "real", "old"); link(t, os.Symlink, "real", "path") }, read: "real"},
		"a link to nothing yet":     {arrange: func(t *testing.T) { link(t, os.Symlink, "real", "path") }, read: "real"},
		"a link to a link":          {arrange: func(t *testing.T) { link(t, os.Symlink, "real", "next"); link(t, os.Symlink, "next", "path") }, read: "real"},
		"a link into a directory":   {arrange: func(t *testing.T) { mkdir(t, "dir"); link(t, os.Symlink, "dir/real", "path") }, read: "dir/real"},
		"a link out of a linked directory": {arrange: func(t *testing.T) {
			mkdir(t, "a/b")
			link(t, os.Symlink, "a/b", "dir")
			link(t, os.Symlink, "../real", "a/b/f")
		}, path: "dir/f", read: "a/real"},
		"a file in a directory that is read-only": {arrange: func(t *testing.T) { write(t, "d/path", "old"); lock(t, "d") }, path: "d/path", inPlace: os.Geteuid() != 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.arrange != nil {
				c.arrange(t)
			}
			if c.path == "" {
				c.path = "path"
			}
			if c.read == "" {
				c.read = c.path
			}
			before, _ := os.Stat(c.read)
			linked, _ := os.Readlink(c.path)
			if err := errors.Join(Check(c.path), Write(t.Context(), c.path, []byte("new"))); err != nil {
				t.Fatal(err)
			}
			after, err := os.Stat(c.read)
			if got := read(t, c.read); err != nil || got != "new" {
				t.Errorf("%s has %q, %v", c.read, got, err)
			}
			if c.inPlace && !os.SameFile(before, after) {
				t.Error("the file was replaced")
			}
			if now, _ := os.Readlink(c.path); now != linked {
				t.Errorf("the link to %q leads to %q", linked, now)
			}
			checkNoTemporary(t)
		})
	}
}

func TestWriteToDescriptor(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, dir := range map[string]string{"dev": "/dev/fd", "proc": "/proc/self/fd"} {
		t.Run(name, func(t *testing.T) {
			r, w := inheritedPipe(t)
			path := fmt.Sprintf("%s/%d", dir, w)
			if err := errors.Join(Check(path), Write(t.Context(), path, []byte("new"))); err != nil {
				t.Fatal(err)
			}
			_ = unix.Close(w)
			if got, err := io.ReadAll(r); string(got) != "new" || err != nil {
				t.Errorf("the pipe has %q, %v", got, err)
			}
		})
	}
	t.Run("what the file has already stays", func(t *testing.T) {
		write(t, "log", "before\n")
		fd, err := unix.Open("log", unix.O_WRONLY|unix.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := Write(t.Context(), fmt.Sprintf("/dev/fd/%d", fd), []byte("new")); err != nil || read(t, "log") != "before\nnew" {
			t.Errorf("the file has %q, %v", read(t, "log"), err)
		}
	})
}

// inheritedPipe returns a pipe whose writing end looks as if this process had inherited it.
func inheritedPipe(t *testing.T) (r *os.File, w int) {
	t.Helper()
	ends := make([]int, 2)
	if err := unix.Pipe(ends); err != nil {
		t.Fatal(err)
	}
	r = os.NewFile(uintptr(ends[0]), "pipe")
	t.Cleanup(func() { _ = r.Close() })
	return r, ends[1]
}

func TestWriteToPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := unix.Mkfifo("path", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check("path"); err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("0123456789", 100_000) // more than a pipe holds
	got := make(chan string)
	go func() {
		<-time.After(3 * readerInterval) // the reader comes late
		got <- read(t, "path")
	}()
	if err := Write(t.Context(), "path", []byte(content)); err != nil {
		t.Fatal(err)
	}
	if got := <-got; got != content {
		t.Errorf("%d bytes arrived", len(got))
	}
	if info, err := os.Lstat("path"); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe was replaced: %v, %v", info, err)
	}
	checkNoTemporary(t)
}

func TestWriteToPipeEndsWithContext(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := unix.Mkfifo("path", 0o600); err != nil {
		t.Fatal(err)
	}
	over := errors.New("time is over")
	for name, arrange := range map[string]func(){
		"nobody opens it": func() {},
		"nobody reads it": func() {
			f, err := os.OpenFile("path", os.O_RDONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			arrange()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 3*readerInterval, over)
			defer cancel()
			if err := Write(ctx, "path", make([]byte, 1<<20)); !errors.Is(err, over) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestWriteToDevice(t *testing.T) {
	if err := errors.Join(Check("/dev/null"), Write(t.Context(), "/dev/null", []byte("new"))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("the device was replaced: %v, %v", info, err)
	}
	if err := Write(t.Context(), "/dev/full", []byte("new")); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("a device without space: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	mkdir(t, "dir")
	write(t, "file", "")
	link(t, os.Symlink, "circle", "circle")
	link(t, os.Symlink, "no/where", "lost")
	link(t, os.Symlink, "dir", "dirlink")
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	own, err := os.Open("file") // as all files of this process, it is closed in programs that it starts
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	reading, err := unix.Dup(int(own.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(reading)
	for path, want := range map[string]string{
		"dir": "is a directory", "dir/": "is a directory", ".": "is a directory", "dirlink": "is a directory", "file/x": "not a directory",
		"no/where": "does not exist", "lost": "does not exist", "circle": "too many links",
		"socket":                                 "want a file, a pipe or a character device",
		"/dev/fd/98":                             "descriptor 98 is not open",
		fmt.Sprintf("/dev/fd/%d", own.Fd()):      "is not open",
		fmt.Sprintf("/proc/self/fd/%d", reading): "is not open for writing",
		"/dev/fd/":                               "is a directory",
		"/dev/fd/x":                              "is no descriptor",
		"/proc/1/fd/1":                           "another process",
	} {
		err := Check(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		if err := Write(t.Context(), path, []byte("new")); err == nil {
			t.Errorf("%s: written", path)
		}
	}
	checkNoTemporary(t)
}

func checkNoTemporary(t *testing.T) {
	t.Helper()
	for _, dir := range []string{".", os.TempDir()} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern+"*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, create func(old, name string) error, old, name string) {
	t.Helper()
	if err := create(old, name); err != nil {
		t.Fatal(err)
	}
}

// lock takes the right to create files in a directory.
func lock(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
}
