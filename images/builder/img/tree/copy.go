package tree

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

// maxPiece is how many bytes one system call copies.
const maxPiece = 1 << 30

var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// CopyFile copies what is no directory to a name that nothing has yet.
func CopyFile(to int, toName string, from int, name string, info Info) error {
	switch info.Type() {
	case unix.S_IFREG:
		return copyRegular(to, toName, from, name, info)
	case unix.S_IFLNK:
		target, err := readlink(from, name)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(target, to, toName); err != nil {
			return wrap("link", toName, err)
		}
	default:
		if err := unix.Mknodat(to, toName, info.Mode, int(info.Device)); err != nil {
			return wrap("create special file", toName, err)
		}
	}
	xattrs, err := xattrsOf(from, name)
	if err != nil {
		return err
	}
	return setAttributes(to, toName, info, xattrs)
}

func readlink(dir int, name string) (string, error) {
	var buffer [unix.PathMax + 1]byte
	n, err := unix.Readlinkat(dir, name, buffer[:])
	return string(buffer[:max(n, 0)]), wrap("read link", name, err)
}

func copyRegular(to int, toName string, from int, name string, info Info) error {
	source, err := openAt(from, name, unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(source)
	target, err := openAt(to, toName, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return err
	}
	err = fill(target, source, info)
	if err != nil {
		err = wrap("copy", name, err)
	} else {
		var xattrs []xattr
		if xattrs, err = xattrsOf(source, ""); err == nil {
			err = setAttributes(target, "", info, xattrs)
		}
	}
	return errors.Join(err, wrap("close", toName, unix.Close(target)))
}

// fill copies a file's content. Holes stay holes.
func fill(to, from int, info Info) error {
	if info.Size == 0 {
		return nil
	}
	if info.Size > 64<<10 && unix.IoctlFileClone(to, from) == nil {
		return nil
	}
	if int64(info.Blocks)*512 >= info.Size { //nolint:gosec // blocks of a file on a disk
		return copyBytes(to, from, info.Size)
	}
	if err := unix.Ftruncate(to, info.Size); err != nil {
		return err
	}
	for at := int64(0); at < info.Size; {
		start, err := unix.Seek(from, at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return nil
		}
		if err != nil {
			return err
		}
		end, err := unix.Seek(from, start, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		for _, fd := range []int{from, to} {
			if _, err := unix.Seek(fd, start, 0); err != nil {
				return err
			}
		}
		if err := copyBytes(to, from, end-start); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// copyBytes copies this many bytes from one file's position to the other's.
func copyBytes(to, from int, size int64) error {
	buffer, _ := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buffer)
	for inKernel := size > int64(len(buffer)); size > 0; {
		var n int
		err := retry(func() (err error) {
			if inKernel {
				n, err = unix.CopyFileRange(from, nil, to, nil, int(min(size, maxPiece)), 0)
				return err
			}
			n, err = unix.Read(from, buffer[:min(size, int64(len(buffer)))])
			return err
		})
		switch {
		case inKernel && (err != nil || n == 0): // between these file systems the kernel does not copy
			inKernel = false
			continue
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		if !inKernel {
			if err := write(to, buffer[:n]); err != nil {
				return err
			}
		}
		size -= int64(n)
	}
	return nil
}

func write(fd int, data []byte) error {
	for len(data) > 0 {
		var n int
		if err := retry(func() (err error) { n, err = unix.Write(fd, data); return err }); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
