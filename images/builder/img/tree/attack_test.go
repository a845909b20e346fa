package tree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// filled returns a mirror of a small tree: its directory, the tree, and a linked copy of the tree.
func filled(t *testing.T) (m *Mirror, slot, lower, upper string) {
	t.Helper()
	lower, slot, upper = t.TempDir(), t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(lower, "usr/bin"), 0o755))
	must(t, os.Mkdir(filepath.Join(lower, "run"), 0o755))
	put(t, filepath.Join(lower, "usr/bin/sudo"), "program")
	must(t, unix.Chmod(filepath.Join(lower, "usr/bin/sudo"), 0o4755))
	must(t, Link(open(t, upper), open(t, lower)))
	m, err := NewMirror(open(t, slot))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, lower)))
	return m, slot, lower, upper
}

// TestEverythingChanged is find / -type f -exec chmod a-s, which changed the trees before where a step could reach them.
func TestEverythingChanged(t *testing.T) {
	m, slot, lower, upper := filled(t)
	must(t, os.Chmod(filepath.Join(slot, "usr/bin/sudo"), 0o755))
	must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
	for dir, want := range map[string]uint32{lower: 0o4755, upper: 0o755} {
		info, err := Stat(unix.AT_FDCWD, filepath.Join(dir, "usr/bin/sudo"))
		if err != nil || info.Mode&0o7777 != want {
			t.Errorf("mode %o, %v, want %o", info.Mode&0o7777, err, want)
		}
	}
}

// TestHiddenChange writes another content of the same size and puts the time back.
func TestHiddenChange(t *testing.T) {
	m, slot, lower, upper := filled(t)
	path := filepath.Join(slot, "usr/bin/sudo")
	before, err := os.Stat(path)
	must(t, err)
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = file.WriteString("EVIL!!!")
	must(t, err)
	must(t, file.Close())
	must(t, os.Chtimes(path, before.ModTime(), before.ModTime()))
	must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
	if content, err := os.ReadFile(filepath.Join(upper, "usr/bin/sudo")); err != nil || string(content) != "EVIL!!!" {
		t.Errorf("%q, %v", content, err)
	}
	if content, err := os.ReadFile(filepath.Join(lower, "usr/bin/sudo")); err != nil || string(content) != "program" {
		t.Errorf("%q, %v", content, err)
	}
}

// TestPlantedLinks replaces directories by links that lead out, in the directory and in the tree.
func TestPlantedLinks(t *testing.T) {
	for _, planted := range []string{"in the directory", "in the tree"} {
		t.Run(planted, func(t *testing.T) {
			m, slot, lower, upper := filled(t)
			outside := t.TempDir()
			put(t, filepath.Join(outside, "bin"), "outside")
			if planted == "in the directory" {
				must(t, os.RemoveAll(filepath.Join(slot, "usr")))
				must(t, os.Symlink(outside, filepath.Join(slot, "usr")))
				must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
				if target, err := os.Readlink(filepath.Join(upper, "usr")); err != nil || target != outside {
					t.Errorf("%s, %v", target, err)
				}
				// The next tree has the directory again.
				must(t, m.Fill(t.Context(), open(t, lower)))
			} else {
				must(t, os.RemoveAll(filepath.Join(upper, "usr")))
				must(t, os.Symlink(outside, filepath.Join(upper, "usr")))
				put(t, filepath.Join(slot, "usr/new"), "new")
				if err := m.Collect(t.Context(), open(t, upper), NewSkip()); err == nil {
					t.Error("a link was followed")
				}
			}
			entries, err := os.ReadDir(outside)
			if content, readErr := os.ReadFile(filepath.Join(outside, "bin")); err != nil || len(entries) != 1 || string(content) != "outside" {
				t.Errorf("%v, %q, %v, %v", entries, content, err, readErr)
			}
		})
	}
}

// TestRemoveFollowsNoLink removes a directory with links that lead out.
func TestRemoveFollowsNoLink(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, filepath.Join(outside, "file"), "outside")
	must(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o755))
	must(t, os.Symlink(outside, filepath.Join(dir, "a/b/link")))
	must(t, os.Symlink(outside, filepath.Join(dir, "link")))
	if kept, err := Empty(open(t, dir)); err != nil || kept {
		t.Errorf("kept %v, %v", kept, err)
	}
	if content, err := os.ReadFile(filepath.Join(outside, "file")); err != nil || string(content) != "outside" {
		t.Errorf("%q, %v", content, err)
	}
}

// TestSecret moves and links a file that is to be skipped.
func TestSecret(t *testing.T) {
	m, slot, _, upper := filled(t)
	put(t, filepath.Join(slot, "run/secret"), "s3cr3t")
	info, err := Stat(unix.AT_FDCWD, filepath.Join(slot, "run/secret"))
	must(t, err)
	must(t, os.Link(filepath.Join(slot, "run/secret"), filepath.Join(slot, "usr/hard")))
	must(t, os.Link(filepath.Join(slot, "run/secret"), filepath.Join(slot, "usr/bin/over")))
	must(t, os.Rename(filepath.Join(slot, "usr/bin/over"), filepath.Join(slot, "usr/bin/sudo")))
	must(t, os.Rename(filepath.Join(slot, "run"), filepath.Join(slot, "moved")))
	skip := NewSkip()
	skip.Files[info.ID()] = true
	skip.Add("run/secret")
	must(t, m.Collect(t.Context(), open(t, upper), skip))
	for _, dir := range []string{slot, upper} {
		for _, name := range []string{"usr/hard", "usr/bin/sudo", "moved/secret", "run/secret"} {
			if _, err := os.Lstat(filepath.Join(dir, name)); !os.IsNotExist(err) {
				t.Errorf("%s is there: %v", name, err)
			}
		}
	}
	if _, err := os.Lstat(filepath.Join(upper, "moved")); err != nil {
		t.Error(err)
	}
}

// TestMountsStay fills and empties a directory in which something is mounted.
func TestMountsStay(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(from, "etc"), 0o755))
	put(t, filepath.Join(from, "etc/hosts"), "the image's")
	put(t, filepath.Join(from, "etc/passwd"), "users")
	must(t, os.MkdirAll(filepath.Join(to, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(to, "var/run/mount"), 0o755))
	put(t, filepath.Join(to, "etc/hosts"), "")
	hosts := filepath.Join(t.TempDir(), "hosts")
	put(t, hosts, "the pod's")
	for source, target := range map[string]string{hosts: "etc/hosts", t.TempDir(): "var/run/mount"} {
		must(t, unix.Mount(source, filepath.Join(to, target), "", unix.MS_BIND, ""))
		t.Cleanup(func() { must(t, unix.Unmount(filepath.Join(to, target), 0)) })
	}
	m, err := NewMirror(open(t, to))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, from)))
	upper := t.TempDir()
	must(t, Link(open(t, upper), open(t, from)))
	must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
	if _, err := os.Lstat(filepath.Join(upper, "var")); !os.IsNotExist(err) {
		t.Errorf("a directory for a mount point came into the tree: %v", err)
	}
	put(t, filepath.Join(to, "var/run/new"), "new")
	must(t, m.Collect(t.Context(), open(t, upper), NewSkip()))
	if content, err := os.ReadFile(filepath.Join(upper, "var/run/new")); err != nil || string(content) != "new" {
		t.Errorf("%q, %v", content, err)
	}
	if content, err := os.ReadFile(filepath.Join(upper, "etc/hosts")); err != nil || string(content) != "the image's" {
		t.Errorf("%q, %v", content, err)
	}
	kept, err := Empty(open(t, to))
	if content, readErr := os.ReadFile(filepath.Join(to, "etc/hosts")); err != nil || !kept || string(content) != "the pod's" {
		t.Errorf("kept %v, %v: %q, %v", kept, err, content, readErr)
	}
	if _, err := os.Lstat(filepath.Join(to, "etc/passwd")); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestResolve(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "a/b"), 0o755))
	for name, target := range map[string]string{"up": "../../../..", "root": "/", "b": "/a/b", "a/rel": "b", "loop": "loop", "out": "/../../tmp"} {
		must(t, os.Symlink(target, filepath.Join(root, name)))
	}
	put(t, filepath.Join(root, "file"), "")
	for path, want := range map[string]string{
		"/": "", "/a": "a", "/b": "a/b", "/b/x": "a/b/x", "/up/a/./b": "a/b", "/root/a": "a", "/a/rel/y": "a/b/y", "/../../a": "a", "/new/dir/z": "new/dir/z", "/out": "tmp",
	} {
		place, err := Resolve(open(t, root), path, nil)
		if err != nil || place.Path != want {
			t.Errorf("%s is %q, %v, want %q", path, place.Path, err, want)
			continue
		}
		place.Close()
	}
	for _, path := range []string{"/loop/x", "/file/x"} {
		if place, err := Resolve(open(t, root), path, nil); err == nil {
			t.Errorf("%s is %q", path, place.Path)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "new/dir")); err != nil {
		t.Error(err)
	}
}

func TestChanges(t *testing.T) {
	_, _, lower, upper := filled(t)
	must(t, os.MkdirAll(filepath.Join(upper, "new/dir"), 0o755))
	must(t, os.Remove(filepath.Join(upper, "usr/bin/sudo")))
	put(t, filepath.Join(upper, "usr/bin/sudo"), "program") // another mode
	must(t, os.Chmod(filepath.Join(upper, "usr"), 0o700))
	must(t, os.RemoveAll(filepath.Join(upper, "run")))
	must(t, os.Chtimes(filepath.Join(upper, "usr/bin"), time.Time{}, time.Unix(1, 0)))
	var got []string
	must(t, Changes(open(t, lower), open(t, upper), func(kind Kind, path string) error {
		got = append(got, []string{"add", "modify", "remove"}[kind]+" "+path)
		return nil
	}))
	if got, want := strings.Join(got, ","), "add /new,add /new/dir,remove /run,modify /usr,modify /usr/bin/sudo"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestRelink copies a tree and finds what has not changed.
func TestRelink(t *testing.T) {
	lower, upper := everything(t), t.TempDir()
	m, err := NewMirror(open(t, upper))
	must(t, err)
	must(t, m.Fill(t.Context(), open(t, lower)))
	put(t, filepath.Join(upper, "a/b/suid"), "other")
	must(t, Relink(open(t, upper), open(t, lower)))
	var got []string
	must(t, Changes(open(t, lower), open(t, upper), func(_ Kind, path string) error { got = append(got, path); return nil }))
	if strings.Join(got, ",") != "/a/b/suid" {
		t.Errorf("%v", got)
	}
	same, err := Stat(unix.AT_FDCWD, filepath.Join(upper, "capable"))
	if err != nil || same.Links != 2 {
		t.Errorf("%d links, %v", same.Links, err)
	}
}
