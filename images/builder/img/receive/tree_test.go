package receive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// archive writes the entries of an upload, as the client does: a directory before what is in it, and with the mode bits that the owner needs.
type archive struct {
	random *rand.Rand
	prefix string // the directory of the context, without a slash in front
	dirs   []string
	files  []string // that others can replace
	linked []string // that can have further names
	links  []string // to directories
	all    []tar.Header
	bodies map[int][]byte
}

func (a *archive) pick(from []string) string { return from[a.random.IntN(len(from))] }

// name returns a new name in a directory, which can have any byte but two, and any length that a file system takes.
func (a *archive) name(dir string) string {
	name := make([]byte, 1+a.random.IntN(12))
	if a.random.IntN(20) == 0 {
		name = make([]byte, 255)
	}
	for i := range name {
		for name[i] == 0 || name[i] == '/' {
			name[i] = byte(a.random.Uint32())
		}
	}
	if string(name) == "." || string(name) == ".." {
		return a.name(dir)
	}
	return path.Join(dir, string(name))
}

func (a *archive) add(h tar.Header, body []byte) {
	h.Size, h.Format = int64(len(body)), tar.FormatGNU
	h.ModTime = time.Unix(a.random.Int64N(1<<32), 0)
	a.bodies[len(a.all)] = body
	a.all = append(a.all, h)
}

func (a *archive) file(name string) {
	body := make([]byte, a.random.IntN(3)*a.random.IntN(1000))
	for i := range body {
		body[i] = byte(a.random.Uint32())
	}
	a.add(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(a.random.IntN(0o10000))}, body)
}

// grow adds an entry of any kind.
func (a *archive) grow() {
	dir := a.pick(append(a.dirs, a.links...))
	switch a.random.IntN(8) {
	case 0, 1:
		name := a.name(dir)
		a.add(tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: int64(a.random.IntN(0o10000)) | 0o700}, nil)
		a.dirs = append(a.dirs, name)
	case 2, 3, 4:
		name := a.name(dir)
		a.file(name)
		if a.random.IntN(2) == 0 {
			a.files = append(a.files, name)
		} else {
			a.linked = append(a.linked, name)
		}
	case 5: // another file, or a link, takes the place of a file
		if len(a.files) > 0 {
			if name := a.pick(a.files); a.random.IntN(2) == 0 {
				a.file(name)
			} else {
				a.add(tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: "no such file", Mode: 0o777}, nil)
			}
		}
	case 6:
		if len(a.linked) > 0 { // busybox tar makes hard links last, when another file can have taken the place of the first
			a.add(tar.Header{Typeflag: tar.TypeLink, Name: a.name(dir), Linkname: a.pick(a.linked)}, nil)
		}
	default:
		to := a.pick(a.dirs)
		if !strings.HasPrefix(to, dir+"/") { // from the directory itself down: no tar follows another link while it extracts
			a.add(tar.Header{Typeflag: tar.TypeSymlink, Name: a.name(dir), Linkname: a.pick([]string{"/etc", "../..", "x y"}), Mode: 0o777}, nil)
			return
		}
		name := a.name(dir)
		a.add(tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: strings.TrimPrefix(to, dir+"/"), Mode: 0o777}, nil)
		a.links = append(a.links, name)
	}
}

// stream returns the archive below another prefix.
func (a *archive) stream(t *testing.T, prefix string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	moved := func(name string) string {
		if rest, found := strings.CutPrefix(name, a.prefix); found {
			return strings.TrimPrefix(prefix, "/") + rest
		}
		return name
	}
	for i, h := range a.all {
		h.Name = moved(h.Name)
		if h.Typeflag == tar.TypeLink {
			h.Linkname = moved(h.Linkname)
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(a.bodies[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func randomArchive(seed uint64, entries int) *archive {
	a := &archive{random: rand.New(rand.NewPCG(seed, 7)), prefix: "PREFIX", dirs: []string{"PREFIX"}, bodies: map[int][]byte{}}
	a.add(tar.Header{Typeflag: tar.TypeDir, Name: "PREFIX/", Mode: 0o755}, nil)
	for range entries {
		a.grow()
	}
	return a
}

// listing has everything of a tree that an image can show. Busybox tar keeps the times of files only, and GNU tar those of directories that nothing is
// added to later. A directory inherits the set-group-ID bit with GNU tar.
func listing(t *testing.T, root string, gnu bool) []string {
	t.Helper()
	var list []string
	first := map[uint64]string{}
	err := filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(file)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, file)
		mode := info.Mode()
		if gnu && info.IsDir() {
			mode &^= fs.ModeSetgid
		}
		line := fmt.Sprintf("%q %v", name, mode)
		if info.Mode().IsRegular() || gnu && !info.IsDir() {
			line += fmt.Sprint(" ", info.ModTime().Unix())
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" -> %q", target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			inode := info.Sys().(*syscall.Stat_t).Ino
			if first[inode] == "" {
				first[inode] = name
			}
			line += fmt.Sprintf(" %x = %q", data, first[inode])
		}
		list = append(list, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// As a directory of a volume with an fsGroup, it has the set-group-ID bit.
func volume(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "context")
}

// An upload has the same result with this program and with the tars of builder images.
func TestExtractAsTar(t *testing.T) {
	before := unix.Umask(0) // as the supervisor has it
	defer unix.Umask(before)
	for seed := range uint64(60) {
		a := randomArchive(seed, 1+int(seed)*3)
		ours := volume(t)
		to, err := openTree([]string{ours})
		if err != nil {
			t.Fatal(err)
		}
		if err := to.extract(bytes.NewReader(a.stream(t, ours))); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		to.close()
		a.checkDirectories(t, ours)
		for name, program := range map[string][]string{"GNU": {"tar"}, "busybox": {"busybox", "tar"}} {
			theirs := volume(t)
			if err := os.Mkdir(theirs, 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), program[0], append(program[1:], "-x", "-p", "-o", "-f", "-", "-C", "/")...)
			cmd.Stdin = bytes.NewReader(a.stream(t, theirs))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("seed %d, %s: %v: %s", seed, name, err, out)
			}
			want, got := listing(t, theirs, name == "GNU"), listing(t, ours, name == "GNU")
			for i := range max(len(want), len(got)) {
				if i >= len(want) || i >= len(got) || want[i] != got[i] {
					t.Fatalf("seed %d: %s has %d entries:\n%s\nwe have %d:\n%s", seed, name, len(want), at(want, i), len(got), at(got, i))
				}
			}
		}
	}
}

// checkDirectories compares the times and modes of directories with the archive.
func (a *archive) checkDirectories(t *testing.T, root string) {
	t.Helper()
	for _, h := range a.all {
		if h.Typeflag != tar.TypeDir {
			continue
		}
		info, err := os.Stat(root + strings.TrimPrefix(h.Name, a.prefix))
		if err != nil {
			t.Fatal(err)
		}
		if mode := int64(info.Sys().(*syscall.Stat_t).Mode) & 0o7777; mode != h.Mode || !info.ModTime().Equal(h.ModTime) {
			t.Errorf("%q: %o, %v; want %o, %v", h.Name, mode, info.ModTime(), h.Mode, h.ModTime)
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}
