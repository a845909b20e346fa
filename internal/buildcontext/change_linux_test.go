package buildcontext

import (
	"archive/tar"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// The file changes right before it is sent, so the test does not depend on time.
func TestSendChangedFile(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(file string) error
		want   error
	}{
		{"vanished", os.Remove, fs.ErrNotExist},
		{"replaced", func(f string) error {
			return errors.Join(os.WriteFile(f+"~", []byte("other"), 0o644), os.Rename(f+"~", f))
		}, errChanged},
		{"became a pipe", func(f string) error { return errors.Join(os.Remove(f), syscall.Mkfifo(f, 0o644)) }, errChanged},
		{"became a directory", func(f string) error { return errors.Join(os.Remove(f), os.Mkdir(f, 0o755)) }, errChanged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := writeTree(t, "x/file=content")
			file := filepath.Join(root, "x/file")
			w := &walker{root: root, rules: &ignoreRules{noPatterns(t)}}
			s := newSender(tar.NewWriter(&hookWriter{}), "")
			tr := &dirSender{sender: s, counter: newCounter(), links: map[fileID]string{}}
			w.visit = func(n node) error {
				if n.path == "x/file" {
					must(t, tc.change(file))
				}
				return tr.node(t.Context(), n)
			}
			wantFileError(t, w.walk(t.Context()), tc.want, file)
		})
	}
}

func TestSendResizedFile(t *testing.T) {
	const size = 3 << 20
	for _, tc := range []struct {
		name  string
		size  int64
		after int64 // bytes written before the change
	}{
		{"shorter, after the header", size - 1, blockSize},
		{"empty, after the header", 0, blockSize},
		{"shorter, half way", 2 << 20, 3 << 19},
		{"longer, after the header", size + 1, blockSize},
		{"longer, half way", size + 1, 3 << 19},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := writeTree(t, "file")
			file := filepath.Join(root, "file")
			must(t, os.Truncate(file, size))
			w := &hookWriter{after: tc.after, hook: func() { must(t, os.Truncate(file, tc.size)) }}
			_, err := mustFromDir(t, root, "-").WriteTar(t.Context(), tar.NewWriter(w), "")
			wantFileError(t, err, errChanged, file)
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	for _, name := range []string{"file", "dir"} {
		t.Run(name, func(t *testing.T) {
			root := writeTree(t, "Dockerfile=FROM scratch", "dir/", "file=secret")
			must(t, os.Chmod(filepath.Dir(root), 0o755))
			must(t, os.Chmod(filepath.Join(root, name), 0))
			c := mustFromDir(t, root, "")
			asUser(t, func() { wantFileError(t, sendError(t.Context(), c), fs.ErrPermission, filepath.Join(root, name)) })
			must(t, os.Chmod(filepath.Join(root, name), 0o755))
		})
	}
	t.Run("Dockerfile", func(t *testing.T) {
		root := writeTree(t, "Dockerfile=FROM scratch")
		must(t, os.Chmod(filepath.Dir(root), 0o755))
		must(t, os.Chmod(filepath.Join(root, "Dockerfile"), 0))
		asUser(t, func() {
			_, err := FromDir(root, "", nil)
			wantFileError(t, err, fs.ErrPermission, filepath.Join(root, "Dockerfile"))
		})
	})
}

// asUser runs f with the file permissions of an unprivileged user. They apply to this thread only, and so to no other test.
func asUser(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, id := range []uintptr{plainUser, 0} {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, id, 0, 0); errno != 0 {
			t.Fatal(errno)
		}
		if id != 0 {
			f()
		}
	}
}

func wantFileError(t *testing.T, err, want error, path string) {
	t.Helper()
	var fe *pathError
	if !errors.As(err, &fe) || !errors.Is(err, want) || fe.path != path {
		t.Errorf("got %v, want a pathError of %s: %v", err, path, want)
	}
}
