package outputdir

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func archiveOf(t *testing.T, headers ...tar.Header) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		h.Mode = 0o755
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, zeros{}, h.Size); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

var testLimits = Limits{Bytes: 1000, Entries: 10, Depth: 3}

// A pod that something has taken over sends an archive of its choice. Nothing of it is written unless all of it may be.
func TestUnpackRejects(t *testing.T) {
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	_, _ = io.Copy(z, archiveOf(t, tar.Header{Name: "file"}))
	_ = z.Close()
	for name, c := range map[string]struct {
		archive *bytes.Reader
		want    string
	}{
		"too many bytes":         {archiveOf(t, tar.Header{Name: "a", Size: 600}, tar.Header{Name: "b", Size: 401}), "the files of the output have more than 1000 bytes"},
		"too many entries":       {archiveOf(t, slices.Repeat([]tar.Header{{Name: "a"}}, 11)...), "the output has more than 10 entries"},
		"too many directories":   {archiveOf(t, tar.Header{Name: "a/b/c/x"}, tar.Header{Name: "d/e/f/x"}, tar.Header{Name: "g/h/i/x"}), "the output has more than 10 entries"},
		"a block device":         {archiveOf(t, tar.Header{Name: "ok"}, tar.Header{Name: "disk", Typeflag: tar.TypeBlock}), "a device or a pipe"},
		"a character device":     {archiveOf(t, tar.Header{Name: "ok"}, tar.Header{Name: "tty", Typeflag: tar.TypeChar}), "a device or a pipe"},
		"a pipe":                 {archiveOf(t, tar.Header{Name: "ok"}, tar.Header{Name: "fifo", Typeflag: tar.TypeFifo}), "a device or a pipe"},
		"too deep":               {archiveOf(t, tar.Header{Name: "ok"}, tar.Header{Name: "a/b/c/d/e"}), "the output has an entry in more than 3 directories"},
		"a sparse file":          {sparse(t, 1<<40), "the files of the output have more than 1000 bytes"},
		"a compressed archive":   {bytes.NewReader(compressed.Bytes()), "read the output: "},
		"a name that leads out":  {archiveOf(t, tar.Header{Name: "../out"}), "invalid entry name"},
		"a link that leads out":  {archiveOf(t, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: ".."}, tar.Header{Name: "l/out"}), "escapes"},
		"a file over a pipe":     {archiveOf(t, tar.Header{Name: "new"}, tar.Header{Name: "pipe"}), "pipe is in the way"},
		"a file over a socket":   {archiveOf(t, tar.Header{Name: "new"}, tar.Header{Name: "dir/pipe"}), "dir/pipe is in the way"},
		"a directory over files": {archiveOf(t, tar.Header{Name: "new"}, tar.Header{Name: "old/file"}), "old is in the way"},
		"a directory over links": {archiveOf(t, tar.Header{Name: "new"}, tar.Header{Name: "away/file"}), "away is in the way"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dest := filepath.Join(parent, "dest")
			err := errors.Join(os.MkdirAll(filepath.Join(dest, "dir"), 0o755), unix.Mkfifo(filepath.Join(dest, "pipe"), 0o600), unix.Mkfifo(filepath.Join(dest, "dir/pipe"), 0o600),
				os.WriteFile(filepath.Join(dest, "old"), nil, 0o600), os.Symlink("dir", filepath.Join(dest, "away")))
			if err != nil {
				t.Fatal(err)
			}
			before := tree(t, parent)
			if err := Unpack(c.archive, dest, testLimits); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if after := tree(t, parent); !slices.Equal(before, after) {
				t.Errorf("files changed from %q to %q", before, after)
			}
		})
	}
}

// A directory that has an entry of its own, and files in it, counts once.
func TestUnpackCountsDirectoriesOnce(t *testing.T) {
	content := archiveOf(t, tar.Header{Name: "a/", Typeflag: tar.TypeDir}, tar.Header{Name: "a/b/", Typeflag: tar.TypeDir}, tar.Header{Name: "a/b/x"}, tar.Header{Name: "a/b/y"})
	if err := Unpack(content, t.TempDir(), Limits{Bytes: 1, Entries: 4, Depth: 3}); err != nil {
		t.Error(err)
	}
}

// A directory that can't be written, even by root, is found before anything is moved. One in which nothing changes may be read-only.
func TestCheckMergeAsksForWriting(t *testing.T) {
	from := t.TempDir()
	if err := os.MkdirAll(filepath.Join(from, "kernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkMerge(from, "/proc/sys"); err != nil {
		t.Errorf("nothing changes: %v", err)
	}
	if err := os.WriteFile(filepath.Join(from, "kernel/new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkMerge(from, "/proc/sys"); err == nil || !strings.Contains(err.Error(), "/proc/sys/kernel can't be written") {
		t.Errorf("%v", err)
	}
}

// The links of an archive lead inside the destination, as in the image.
func TestUnpackFollowsNoLinkOut(t *testing.T) {
	dest, other := t.TempDir(), t.TempDir()
	_ = Unpack(archiveOf(t, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: other}, tar.Header{Name: "l/file"}), dest, Limits{1000, 10, 20})
	if got := tree(t, other); len(got) > 0 {
		t.Errorf("%q is written elsewhere", got)
	}
}

// sparse returns an archive of a file that has size bytes, of which the archive has none, in the GNU format.
func sparse(t *testing.T, size int64) *bytes.Reader {
	t.Helper()
	h := make([]byte, 512)
	copy(h, "file")
	copy(h[100:], "0000644\x000000000\x000000000\x0000000000000\x0000000000000\x00")
	copy(h[148:], "        S")
	copy(h[257:], "ustar  \x00")
	copy(h[386:], "00000000000\x0000000000000\x00")
	base := h[483:495] // the real size, in base 256
	base[0] = 0x80
	for i := range 8 {
		base[11-i] = byte(size >> (8 * i))
	}
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:156], strings.Repeat("0", 6)+"\x00 ")
	for i := 5; i >= 0; i-- {
		h[148+i] = byte('0' + sum&7)
		sum >>= 3
	}
	return bytes.NewReader(append(h, make([]byte, 1024)...))
}

// The second output into a directory replaces the files and the links of the first.
func TestUnpackAgain(t *testing.T) {
	for name, dest := range map[string]string{"there": t.TempDir(), "new": filepath.Join(t.TempDir(), "new"), "another file system": otherFileSystem(t)} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				content := archiveOf(t, tar.Header{Name: "dir/file", Size: 9}, tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "dir/file"}, tar.Header{Name: "abs", Typeflag: tar.TypeSymlink, Linkname: "/etc"})
				if err := Unpack(content, dest, testLimits); err != nil {
					t.Fatal(err)
				}
			}
			if got := tree(t, dest); !slices.Equal(got, []string{"abs", "dir", "dir/file", "link"}) {
				t.Errorf("%q", got)
			}
		})
	}
}

// A directory below the destination can be a mount point.
func TestMergeAcrossFileSystems(t *testing.T) {
	from, to := t.TempDir(), otherFileSystem(t)
	err := errors.Join(os.MkdirAll(filepath.Join(from, "dir/sub"), 0o750), os.WriteFile(filepath.Join(from, "dir/sub/file"), []byte("content"), 0o741),
		os.WriteFile(filepath.Join(from, "file"), []byte("new"), 0o640), os.Symlink("nowhere", filepath.Join(from, "link")), os.WriteFile(filepath.Join(to, "file"), []byte("old"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if err := merge(from, to, newDirectories()); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, to); !slices.Equal(got, []string{"dir", "dir/sub", "dir/sub/file", "file", "link"}) {
		t.Errorf("%q", got)
	}
	info, err := os.Stat(filepath.Join(to, "dir/sub/file"))
	if err != nil || info.Mode().Perm() != 0o741 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "file")); err != nil || string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
}

// otherFileSystem returns a directory that is on another file system than t.TempDir.
func otherFileSystem(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("/dev/shm", fmt.Sprintf("kubectl-img-%s-%d", t.Name(), os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if name, _ := filepath.Rel(dir, path); name != "." {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
