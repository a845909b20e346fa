package receive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// tree is what an upload fills: the directories that it may write to.
type tree struct {
	directories []*directory
	buffer      []byte
}

func openTree(names []string) (*tree, error) {
	t := &tree{buffer: make([]byte, chunkSize)}
	for _, name := range names {
		d, err := openDirectory(name)
		if err != nil {
			t.close()
			return nil, err
		}
		t.directories = append(t.directories, d)
	}
	return t, nil
}

func (t *tree) close() {
	for _, d := range t.directories {
		d.close()
	}
}

// extract creates the entries of a tar stream as `tar -x -p -o` does at the root: it keeps modes and times, and no owners.
func (t *tree) extract(in io.Reader) error {
	r := tar.NewReader(in)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := t.entry(header, r); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	for _, d := range t.directories {
		if err := d.setTimes(); err != nil {
			return err
		}
	}
	return nil
}

// find returns the directory that a name of the upload leads to, and the path in it.
func (t *tree) find(name string) (*directory, string, error) {
	if slices.Contains(strings.Split(name, "/"), "..") {
		return nil, "", errors.New("the name has a .. component")
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	for _, d := range t.directories {
		if file := d.within(name); file != "" {
			return d, file, nil
		}
	}
	return nil, "", errors.New("an upload can't write there")
}

func (t *tree) entry(h *tar.Header, content io.Reader) error {
	d, file, err := t.find(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return d.directory(file, h)
	case tar.TypeReg:
		return d.place(file, func(dir int, name string) error { return t.file(dir, name, h, content) })
	case tar.TypeSymlink:
		return d.place(file, func(dir int, name string) error {
			if err := unix.Symlinkat(h.Linkname, dir, name); err != nil {
				return err
			}
			return setTime(dir, name, h.ModTime)
		})
	case tar.TypeLink:
		return t.link(d, file, h.Linkname)
	default:
		return fmt.Errorf("unexpected type %q", h.Typeflag)
	}
}

// file sets the mode after the content: a write clears the set-user-ID and set-group-ID bits.
func (t *tree) file(dir int, name string, h *tar.Header, content io.Reader) (err error) {
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	defer func() { err = errors.Join(err, f.Close()) }()
	// The bare writer keeps io from reading into a buffer of its own.
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, content, t.buffer); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, mode(h)); err != nil {
		return err
	}
	return setTime(dir, name, h.ModTime)
}

// directory creates a directory, or changes one that is there.
func (d *directory) directory(file string, h *tar.Header) error {
	d.times[file] = h.ModTime
	dir, err := d.enter(file)
	if err != nil {
		return err
	}
	if !isDirectory(dir, path.Base(file)) {
		err := d.place(file, func(dir int, name string) error { return unix.Mkdirat(dir, name, 0o700) })
		if err != nil {
			return err
		}
		d.times[file] = h.ModTime
		if dir, err = d.enter(file); err != nil {
			return err
		}
	}
	// A new one inherits the set-group-ID bit.
	return unix.Fchmodat(dir, path.Base(file), mode(h), 0)
}

// isDirectory follows no link.
func isDirectory(dir int, name string) bool {
	var stat unix.Stat_t
	return unix.Fstatat(dir, name, &stat, unix.AT_SYMLINK_NOFOLLOW) == nil && stat.Mode&unix.S_IFMT == unix.S_IFDIR
}

// link creates another name for a file of the upload.
func (t *tree) link(d *directory, file, target string) error {
	of, first, err := t.find(target)
	if err != nil {
		return fmt.Errorf("hard link to %s: %w", target, err)
	}
	from, err := of.root.OpenFile(path.Dir(first), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return fmt.Errorf("hard link to %s: %w", target, err)
	}
	defer from.Close()
	return d.place(file, func(dir int, name string) error {
		if err := unix.Linkat(int(from.Fd()), path.Base(first), dir, name, 0); err != nil {
			return fmt.Errorf("hard link to %s: %w", target, err)
		}
		return nil
	})
}

func mode(h *tar.Header) uint32 { return uint32(h.Mode & 0o7777) }
