package tree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Entry is a name in a directory.
type Entry struct {
	Name string
	Ino  uint64
	Type uint32 // as in unix.S_IFMT; 0 if the file system does not say it
}

// Open opens a directory by its name in another one.
func Open(dir int, name string) (int, error) {
	return openAt(dir, name, unix.O_RDONLY|unix.O_DIRECTORY)
}

// OpenPath opens a directory of our own by its path.
func OpenPath(path string) (int, error) { return Open(unix.AT_FDCWD, path) }

func openAt(dir int, name string, flags int) (fd int, err error) {
	err = retry(func() error {
		fd, err = unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
		return err
	})
	return fd, wrap("open", name, err)
}

// offsets in the kernel's linux_dirent64
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// List returns the entries of a directory, sorted by name.
func List(dir int) ([]Entry, error) {
	if _, err := unix.Seek(dir, 0, 0); err != nil {
		return nil, wrap("read directory", "", err)
	}
	var entries []Entry
	buffer := make([]byte, 32<<10)
	for {
		var n int
		err := retry(func() (err error) { n, err = unix.Getdents(dir, buffer); return err })
		if errors.Is(err, unix.ENOENT) { // somebody has removed the directory, so it is empty
			return nil, nil
		}
		if err != nil {
			return nil, wrap("read directory", "", err)
		}
		if n == 0 {
			break
		}
		for rest := buffer[:n]; len(rest) > direntName; {
			length := binary.NativeEndian.Uint16(rest[direntLength:])
			name, _, _ := bytes.Cut(rest[direntName:length], []byte{0})
			if string(name) != "." && string(name) != ".." {
				// DT_DIR and the others are the bits of S_IFMT.
				entries = append(entries, Entry{string(name), binary.NativeEndian.Uint64(rest), uint32(rest[direntType]) << 12})
			}
			rest = rest[length:]
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// retry calls again what a signal has interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: name, Err: err}
}

// within adds a directory's name to an error from inside it.
func within(name string, err error) error {
	var path *os.PathError
	if name == "" || !errors.As(err, &path) {
		return err
	}
	joined := name + "/" + path.Path
	if path.Path == "" {
		joined = name
	}
	return &os.PathError{Op: path.Op, Path: joined, Err: path.Err}
}
