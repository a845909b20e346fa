package buildcontext

import (
	"archive/tar"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fullTree has a file of every kind.
func fullTree(t *testing.T) string {
	t.Helper()
	root := writeTree(t,
		"Dockerfile=FROM scratch\n", "dir/plain=plain", "empty/", "exec=#!/bin/sh\n", "names/with space=1", "names/new\nline=2", "names/größe-日本=3",
		"names/'quoted' \"$x\"=4", "names/-dash=5", "names/a..b=6", "names/bad\xff=7", long+"=deep",
		"hard/first=linked", "ro/deep/f=f", "setgid/sub/f=f", "setuid=suid", "sticky/f", "unreadable=secret", "writable=w", "special/", "sym/")
	links := map[string]string{
		"sym/in": "../dir/plain", "sym/absolute": "/etc/passwd", "sym/outward": "../../../outside", "sym/dangling": "nothing here",
		"sym/long": long, "sym/dir": "../dir", "ro/out": "../../up", "ro/deep/absolute": "/abs",
	}
	for name, target := range links {
		must(t, os.Symlink(target, filepath.Join(root, name)))
	}
	for _, name := range []string{"hard/second", "ro/deep/third", "a-link"} {
		must(t, os.Link(filepath.Join(root, "hard/first"), filepath.Join(root, name)))
	}
	must(t, os.Link(filepath.Join(root, "sym/in"), filepath.Join(root, "sym/in-too")))
	must(t, syscall.Mkfifo(filepath.Join(root, "special/fifo"), 0o640))
	if os.Geteuid() == 0 { // only root can create one
		must(t, syscall.Mknod(filepath.Join(root, "special/null"), syscall.S_IFCHR|0o666, 1<<8|3))
	}
	must(t, syscall.Mknod(filepath.Join(root, "special/socket"), syscall.S_IFSOCK|0o666, 0))
	setModes(t, root)
	return root
}

func setModes(t *testing.T, root string) {
	t.Helper()
	for _, m := range []struct {
		name string
		mode uint32
	}{
		{"exec", 0o755},
		{"setuid", 0o4755},
		{"setgid", 0o2775},
		{"setgid/sub", 0o755},
		{"sticky", 0o1777},
		{"unreadable", 0},
		{"writable", 0o666},
		{"empty", 0o777},
		{"ro/deep/f", 0o444},
		{"ro/deep", 0o500},
		{"ro", 0o555},
		{"special/fifo", 0o640},
	} {
		must(t, syscall.Chmod(filepath.Join(root, m.name), m.mode))
	}
	t.Cleanup(func() {
		for _, name := range []string{"ro", "ro/deep"} {
			must(t, os.Chmod(filepath.Join(root, name), 0o755))
		}
	})
}

func TestEveryKindOfFile(t *testing.T) {
	root := fullTree(t)
	c := mustFromDir(t, root, "")
	stream, sum := sent(t, c, "workspace/context")
	golden(t, "kinds.txt", listing(t, stream))
	golden(t, "kinds.sh", string(sum.ModeScript()))
	list, _ := entriesOf(t, stream)
	for _, hdr := range list {
		if hdr.Format != tar.FormatGNU || hdr.ModTime.Nanosecond() != 0 {
			t.Errorf("%s: format %v, time %v", hdr.Name, hdr.Format, hdr.ModTime)
		}
	}
	want := []Skipped{{"special/fifo", "named pipe"}, {"special/socket", "socket"}}
	if os.Geteuid() == 0 {
		want = slices.Insert(want, 1, Skipped{"special/null", "device"})
	}
	if diff := cmp.Diff(want, sum.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	scanned, err := c.Scan(t.Context())
	must(t, err)
	if diff := cmp.Diff([]string{"setuid"}, sum.SetID); diff != "" {
		t.Errorf("set-user-ID (-want +got):\n%s", diff)
	}
	sum.modes, sum.SetID = nil, nil
	if diff := cmp.Diff(scanned, sum, cmp.AllowUnexported(Summary{}, fileMode{})); diff != "" {
		t.Errorf("Scan and WriteTar differ (-scan +write):\n%s", diff)
	}
	if sum.Entries != len(list)-1 {
		t.Errorf("%d entries counted, %d sent", sum.Entries, len(list)-1)
	}
}
