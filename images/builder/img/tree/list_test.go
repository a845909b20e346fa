package tree

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// listing describes every file below a directory: attributes, content, and which names are one file.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	first := map[uint64]string{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := Stat(unix.AT_FDCWD, path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir)
		line := fmt.Sprintf("%s %o %d:%d %v", name, info.Mode, info.UID, info.GID, info.Mtime)
		switch info.Type() {
		case unix.S_IFREG:
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %x", sha256.Sum256(content))
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " -> " + target
		case unix.S_IFCHR, unix.S_IFBLK:
			line += fmt.Sprintf(" %x", info.Device)
		}
		if !info.IsDir() && info.Links > 1 {
			if first[info.Ino] == "" {
				first[info.Ino] = name
			}
			line += " = " + first[info.Ino]
		}
		parent, err := OpenPath(filepath.Dir(path))
		if err != nil {
			return err
		}
		xattrs, err := xattrsOf(parent, filepath.Base(path))
		if err = errors.Join(err, unix.Close(parent)); err != nil {
			return err
		}
		for _, x := range xattrs {
			line += fmt.Sprintf(" %s=%x", x.name, x.value)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func open(t *testing.T, dir string) int {
	t.Helper()
	fd, err := OpenPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
