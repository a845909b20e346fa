package outputdir

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Images have directories that only root can write to, such as /proc in Alpine. A user who is not root gets them too, twice.
func TestUnpackAsUser(t *testing.T) {
	content := rawArchive(t, tar.Header{Name: "proc/", Typeflag: tar.TypeDir, Mode: 0o555}, tar.Header{Name: "store/", Typeflag: tar.TypeDir, Mode: 0o555},
		tar.Header{Name: "store/sub/", Typeflag: tar.TypeDir, Mode: 0o1}, tar.Header{Name: "store/sub/file", Mode: 0o444}, tar.Header{Name: "shared/", Typeflag: tar.TypeDir, Mode: 0o3775})
	want := []string{"proc dr-xr-xr-x", "shared dgtrwxrwxr-x", "store dr-xr-xr-x", "store/sub d--------x", "store/sub/file -r--r--r--"}
	for name, newDest := range map[string]func(t *testing.T) string{
		"new": func(t *testing.T) string { return filepath.Join(userTempDir(t), "new") }, "there": func(t *testing.T) string { return userTempDir(t) },
		"merged": func(t *testing.T) string {
			dest := userTempDir(t)
			userDir(t, filepath.Join(dest, "store"))
			userDir(t, filepath.Join(dest, "store/sub"))
			return dest
		},
	} {
		t.Run(name, func(t *testing.T) {
			dest := newDest(t)
			limits := Limits{1000, 10, 20}
			if err := asUser(func() error { return Unpack(bytes.NewReader(content), dest, limits) }); err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(want)
			if name == "merged" { // the user's directories stay as they are
				want[2], want[3] = "store drwxr-xr-x", "store/sub drwxr-xr-x"
			}
			if got := modes(t, dest); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if name == "merged" {
				if err := asUser(func() error { return Unpack(bytes.NewReader(content), dest, limits) }); err != nil {
					t.Errorf("again: %v", err)
				}
			}
		})
	}
}

// A second output into directories that the user can't write to is rejected before anything is moved, and leaves nothing behind.
func TestUnpackAgainAsUser(t *testing.T) {
	dest := userTempDir(t)
	limits := Limits{1000, 10, 20}
	for _, entries := range [][]tar.Header{
		{{Name: "a/", Typeflag: tar.TypeDir, Mode: 0}, {Name: "a/b/", Typeflag: tar.TypeDir, Mode: 0o755}},
		{{Name: "a/", Typeflag: tar.TypeDir, Mode: 0}, {Name: "a/b/", Typeflag: tar.TypeDir, Mode: 0}, {Name: "a/b/file", Mode: 0o600}, {Name: "new", Mode: 0o600}},
	} {
		content := rawArchive(t, entries...)
		_ = asUser(func() error { return Unpack(bytes.NewReader(content), dest, limits) })
	}
	if got := tree(t, dest); !slices.Equal(got, []string{"a", "a/b"}) {
		t.Errorf("%q", got)
	}
}

// Not every file system keeps every extended attribute, and not every user may set them. As in buildx, the file is written without it.
func TestUnpackWithoutAttributes(t *testing.T) {
	dest := t.TempDir()
	content := rawArchive(t, tar.Header{Name: "file", Mode: 0o644, PAXRecords: map[string]string{"SCHILY.xattr.unknown.name": "x"}})
	if err := Unpack(bytes.NewReader(content), dest, testLimits); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dest); !slices.Equal(got, []string{"file"}) {
		t.Errorf("%q", got)
	}
}

// rawArchive is archiveOf with the modes of the headers.
func rawArchive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const userID = 65534

// userDir makes a directory that belongs to the user of asUser.
func userDir(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := errors.Join(os.Chown(dir, userID, userID), os.Chmod(dir, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// userTempDir is t.TempDir for the user of asUser, who can't enter the other one.
func userTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "outputdir-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return userDir(t, dir)
}

// asUser calls do as a user whom the kernel refuses what only root may do to files.
func asUser(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this function
		if os.Geteuid() == 0 {
			_, _ = unix.SetfsgidRetGid(userID)
			_, _ = unix.SetfsuidRetUid(userID)
		}
		done <- do()
	}()
	return <-done
}

func modes(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, name := range tree(t, dir) {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s", name, info.Mode()))
	}
	return all
}
