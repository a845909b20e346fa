package tree

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// everything makes a directory with a file of every kind.
func everything(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"a/b/c", "empty", "sticky"} {
		must(t, os.MkdirAll(at(name), 0o755))
	}
	must(t, os.Chmod(at("sticky"), 0o1777))
	put(t, at("a/file"), "content")
	put(t, at("a/b/suid"), "program")
	must(t, os.Chown(at("a/b/suid"), 12, 34))
	must(t, unix.Chmod(at("a/b/suid"), 0o6755))
	put(t, at("capable"), "program")
	must(t, unix.Setxattr(at("capable"), "security.capability", []byte("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0))
	must(t, unix.Setxattr(at("a"), "user.note", []byte("dir"), 0))
	must(t, os.Link(at("a/file"), at("a/b/c/same")))
	must(t, os.Symlink("/etc/passwd", at("absolute")))
	must(t, os.Symlink("nowhere", at("dangling")))
	must(t, os.Lchown(at("dangling"), 7, 8))
	must(t, unix.Mkfifo(at("fifo"), 0o640))
	must(t, unix.Mknod(at("socket"), unix.S_IFSOCK|0o600, 0))
	must(t, unix.Mknod(at("device"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
	put(t, at("line\nbreak \xff"), "name")
	sparse, err := os.Create(at("sparse"))
	must(t, err)
	_, err = sparse.WriteAt([]byte("end"), 8<<20)
	must(t, err)
	must(t, sparse.Close())
	old := time.Unix(-5_000_000_000, 123456789)
	must(t, os.Chtimes(at("a/file"), old, old))
	must(t, os.Chtimes(at("a/b"), old, old))
	return dir
}

func TestFill(t *testing.T) {
	from, to := everything(t), t.TempDir()
	m, err := NewMirror(open(t, to))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, from)))
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	info, err := Stat(unix.AT_FDCWD, filepath.Join(to, "sparse"))
	if err != nil || info.Blocks > 64 {
		t.Errorf("the hole takes %d blocks, %v", info.Blocks, err)
	}
}

// TestFillAgain fills a directory with another tree, and checks that what both have is not copied again.
func TestFillAgain(t *testing.T) {
	first, second, to := everything(t), t.TempDir(), t.TempDir()
	must(t, Link(open(t, second), open(t, first)))
	must(t, os.Remove(filepath.Join(second, "absolute")))
	must(t, os.RemoveAll(filepath.Join(second, "a/b/c")))
	must(t, os.Symlink("now a link", filepath.Join(second, "a/b/c")))
	put(t, filepath.Join(second, "new"), "new")
	m, err := NewMirror(open(t, to))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, first)))
	before, err := Stat(unix.AT_FDCWD, filepath.Join(to, "capable"))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, second)))
	after, err := Stat(unix.AT_FDCWD, filepath.Join(to, "capable"))
	if err != nil || !after.Unchanged(before) {
		t.Errorf("a file that both trees have was copied again: %v", err)
	}
	copied := t.TempDir() // a tree whose files have no other names than its own
	c, err := NewMirror(open(t, copied))
	must(t, err)
	must(t, c.Fill(t.Context(), open(t, second)))
	if got, want := listing(t, to), listing(t, copied); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestCollect changes a filled directory at random, and checks that its tree gets the same changes and the tree before keeps what it had.
func TestCollect(t *testing.T) {
	for seed := range uint64(15) {
		random := rand.New(rand.NewPCG(seed, 7))
		lower, slot := everything(t), t.TempDir()
		m, err := NewMirror(open(t, slot))
		must(t, err)
		must(t, m.Fill(t.Context(), open(t, lower)))
		for range 3 { // steps
			want := content(t, lower)
			upper := t.TempDir()
			must(t, Link(open(t, upper), open(t, lower)))
			for range random.IntN(12) {
				change(t, slot, random)
			}
			must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
			copied := t.TempDir()
			c, err := NewMirror(open(t, copied))
			must(t, err)
			must(t, c.Fill(t.Context(), open(t, upper)))
			if got, want := listing(t, copied), listing(t, slot); got != want {
				t.Fatalf("seed %d: got:\n%s\nwant:\n%s", seed, got, want)
			}
			if got := content(t, lower); got != want {
				t.Fatalf("seed %d: the tree before has changed:\n%s\nwant:\n%s", seed, got, want)
			}
			lower = upper
		}
	}
}

// content is a listing of a copy: the names that files have in other trees don't count.
func content(t *testing.T, dir string) string {
	t.Helper()
	copied := t.TempDir()
	m, err := NewMirror(open(t, copied))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, dir)))
	return listing(t, copied)
}

// change does one thing to a random file.
func change(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	var names []string
	_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { names = append(names, path); return nil })
	names = names[1:]
	if len(names) == 0 {
		return
	}
	pick := func() string { return names[random.IntN(len(names))] }
	name, other, fresh := pick(), pick(), filepath.Join(filepath.Dir(pick()), fmt.Sprint("n", random.IntN(1000)))
	info, err := os.Lstat(name)
	must(t, err)
	// Some of these fail, as they do in a build step.
	switch random.IntN(12) {
	case 0:
		_ = os.RemoveAll(name)
	case 1:
		_ = os.Rename(name, fresh)
	case 2:
		_ = os.Rename(name, other)
	case 3:
		_ = os.Link(name, fresh)
	case 4:
		_ = os.Mkdir(fresh, 0o750)
	case 5:
		_ = os.WriteFile(fresh, []byte(fresh), 0o600)
	case 6:
		_ = os.Lchown(name, random.IntN(9), random.IntN(9))
	case 7:
		if info.Mode()&os.ModeSymlink == 0 {
			_ = unix.Chmod(name, uint32(random.IntN(0o10000)))
		}
	case 8:
		if info.Mode().IsRegular() {
			// the same size and time, as touch -r does
			_ = os.WriteFile(name, []byte("CONTENT")[:min(7, int(info.Size()))], 0o600)
			_ = os.Chtimes(name, info.ModTime(), info.ModTime())
		}
	case 9:
		_ = os.Symlink(other, fresh)
	case 10:
		if info.Mode()&os.ModeSymlink == 0 {
			_ = unix.Setxattr(name, "user.note", []byte(fresh), 0)
			_ = unix.Setxattr(name, "security.capability", []byte("\x01\x00\x00\x02\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0)
		}
	case 11:
		_ = os.RemoveAll(name)
		_ = os.Symlink("/", name)
	}
}
