package tree

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"golang.org/x/sys/unix"
)

// Equal reports whether a name stands for equal files in two directories: attributes and content.
func Equal(a, b int, name string) (bool, error) {
	infoA, err := Stat(a, name)
	if err != nil {
		return false, err
	}
	infoB, err := Stat(b, name)
	if err != nil {
		return false, err
	}
	if infoA.Ino == infoB.Ino {
		return true, nil
	}
	if !infoA.sameAttributes(infoB) || infoA.Size != infoB.Size || infoA.Device != infoB.Device {
		return false, nil
	}
	if equal, err := sameXattrs(a, b, name); err != nil || !equal {
		return false, err
	}
	switch infoA.Type() {
	case unix.S_IFREG:
		return sameContent(a, b, name)
	case unix.S_IFLNK:
		targetA, err := readlink(a, name)
		if err != nil {
			return false, err
		}
		targetB, err := readlink(b, name)
		return targetA == targetB, err
	}
	return true, nil
}

func sameXattrs(a, b int, name string) (bool, error) {
	xattrsA, err := xattrsOf(a, name)
	if err != nil {
		return false, err
	}
	xattrsB, err := xattrsOf(b, name)
	if err != nil {
		return false, err
	}
	return slices.EqualFunc(xattrsA, xattrsB, func(x, y xattr) bool { return x.name == y.name && bytes.Equal(x.value, y.value) }), nil
}

func sameContent(a, b int, name string) (bool, error) {
	fileA, err := openAt(a, name, unix.O_RDONLY)
	if err != nil {
		return false, err
	}
	defer unix.Close(fileA)
	fileB, err := openAt(b, name, unix.O_RDONLY)
	if err != nil {
		return false, err
	}
	defer unix.Close(fileB)
	bufferA, _ := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(bufferA)
	bufferB, _ := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(bufferB)
	for {
		nA, errA := io.ReadFull(reader(fileA), bufferA[:])
		nB, errB := io.ReadFull(reader(fileB), bufferB[:])
		if !bytes.Equal(bufferA[:nA], bufferB[:nB]) {
			return false, nil
		}
		if errA != nil || errB != nil { // of equal sizes both end here
			return ended(errA) && ended(errB), nil
		}
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF } //nolint:errorlint // ReadFull does not wrap them

// reader reads from a descriptor.
type reader int

func (r reader) Read(p []byte) (n int, err error) {
	err = retry(func() (err error) { n, err = unix.Read(int(r), p); return err })
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// SameDirectory reports whether two open directories have the same mode, owner and extended attributes.
func SameDirectory(a, b int) (bool, error) {
	infoA, err := Stat(a, "")
	if err != nil {
		return false, err
	}
	infoB, err := Stat(b, "")
	if err != nil {
		return false, err
	}
	if infoA.Mode != infoB.Mode || infoA.UID != infoB.UID || infoA.GID != infoB.GID {
		return false, nil
	}
	return sameXattrs(a, b, "")
}

// Relink replaces files of one tree that are equal to those of another one by hard links to these.
func Relink(to, from int) error {
	info, err := Stat(to, "")
	if err != nil {
		return err
	}
	entries, err := List(to)
	if err != nil {
		return err
	}
	others, err := List(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		i, found := slices.BinarySearchFunc(others, entry, func(a, b Entry) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
		if !found || others[i].Ino == entry.Ino {
			continue
		}
		if err := relinkEntry(to, from, entry.Name); err != nil {
			return err
		}
	}
	return setTime(to, "", info.Mtime)
}

func relinkEntry(to, from int, name string) error {
	mine, err := Stat(to, name)
	if err != nil {
		return err
	}
	theirs, err := Stat(from, name)
	if err != nil {
		return err
	}
	if mine.IsDir() && theirs.IsDir() {
		return inDirectory(to, name, func(target int) error {
			return inDirectory(from, name, func(source int) error { return Relink(target, source) })
		})
	}
	if mine.IsDir() || theirs.IsDir() {
		return nil
	}
	if equal, err := Equal(to, from, name); err != nil || !equal {
		return err
	}
	if err := unix.Linkat(from, name, to, temporary, 0); err != nil {
		if errors.Is(err, unix.EMLINK) {
			return nil
		}
		return wrap("link", name, err)
	}
	return wrap("rename", name, unix.Renameat(to, temporary, to, name))
}
