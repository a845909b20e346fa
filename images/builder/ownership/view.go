package main

import (
	"bytes"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// request is one call, seen from where its caller stands.
type request struct {
	*server
	*notification
}

// file is what a call names: a name in the directory where this thread stands, or a descriptor of the caller's.
type file struct {
	path     string
	nofollow bool // a name: links on the way to it have been followed
}

// pathAt reads a path of the call that names an entry of a directory, and goes to that directory; dirfd is a descriptor of the caller's, or
// AT_FDCWD. Slashes after the name stay, for they mean something to the kernel.
func (r *request) pathAt(dirfd int32, address uint64) (name string, err error) {
	path, err := r.text(address)
	if err != nil {
		return "", err
	}
	bare := strings.TrimRight(path, "/")
	if bare == "" {
		return r.goTo(dirfd, path)
	}
	name, err = r.goTo(dirfd, bare)
	return name + path[len(bare):], err
}

func (r *request) goTo(dirfd int32, path string) (name string, err error) {
	if path == "" {
		return "", unix.ENOENT
	}
	if err := r.stand(dirfd, path); err != nil {
		return "", err
	}
	return walk(path)
}

// fileAt is what an "at" call names; flags are its AT_… ones.
func (r *request) fileAt(dirfd int32, address uint64, flags int) (file, error) {
	path := ""
	if flags&unix.AT_EMPTY_PATH == 0 || address != 0 {
		var err error
		if path, err = r.text(address); err != nil {
			return file{}, err
		}
	}
	if path == "" && flags&unix.AT_EMPTY_PATH != 0 {
		if dirfd != unix.AT_FDCWD {
			return r.opened(dirfd)
		}
		path = "."
	}
	if fd, ok := ownDescriptor(path); ok && flags&unix.AT_SYMLINK_NOFOLLOW == 0 {
		return r.opened(fd)
	}
	name, err := r.goTo(dirfd, path)
	if err == nil && flags&unix.AT_SYMLINK_NOFOLLOW == 0 {
		name, err = follow(name)
	}
	return file{name, true}, err
}

// descriptor is what an open file of the caller's stands for. The thread then stands in /proc, where it has a name.
func (r *request) descriptor(fd int32) (file, error) {
	return file{path: strconv.Itoa(int(r.pid)) + "/fd/" + strconv.Itoa(int(fd))}, unix.Fchdir(r.proc)
}

// opened is descriptor for what may be a symbolic link, opened without following it (O_PATH), or a pipe: only its name leads to its owner.
func (r *request) opened(fd int32) (file, error) {
	f, err := r.descriptor(fd)
	if err != nil {
		return file{}, err
	}
	var stat unix.Stat_t
	if err := unix.Stat(f.path, &stat); err != nil {
		return file{}, unix.EBADF
	}
	if takesAttributes(stat.Mode) {
		return f, nil
	}
	path, err := readlink(f.path)
	if err != nil || !strings.HasPrefix(path, "/") {
		return f, err
	}
	name, err := r.goTo(unix.AT_FDCWD, path)
	return file{name, true}, err
}

// stand puts this thread where the caller takes a path from: its root, and for a relative path its directory.
func (r *request) stand(dirfd int32, path string) error {
	caller := strconv.Itoa(int(r.pid))
	if err := r.enter(caller + "/root"); err != nil {
		return err
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	var err error
	switch {
	case strings.HasPrefix(path, "/"):
	case dirfd == unix.AT_FDCWD:
		err = r.enter(caller + "/cwd")
	default:
		err = r.enter(caller + "/fd/" + strconv.Itoa(int(dirfd)))
	}
	if err != nil {
		return err
	}
	// A caller that is gone may have left its number to another process.
	return ioctl(r.listener, ioctlValid, unsafe.Pointer(&r.id))
}

// enter makes a directory below /proc the current one, whatever the root is now.
func (r *request) enter(link string) error {
	fd, err := unix.Openat(r.proc, link, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fchdir(fd)
}

const page = 4096

// text reads a string that ends with a zero byte.
func (r *request) text(address uint64) (string, error) {
	if address == 0 {
		return "", unix.EFAULT
	}
	buf := make([]byte, unix.PathMax)
	// Two pieces, for the page after the string's may not be there.
	first := min(page-int(address%page), len(buf))
	n, err := unix.ProcessVMReadv(int(r.pid), iovecs(buf), []unix.RemoteIovec{
		{Base: uintptr(address), Len: first}, {Base: uintptr(address) + uintptr(first), Len: len(buf) - first},
	}, 0)
	if err != nil {
		return "", err
	}
	end := bytes.IndexByte(buf[:n], 0)
	switch {
	case end >= 0:
		return string(buf[:end]), nil
	case n == len(buf):
		return "", unix.ENAMETOOLONG
	}
	return "", unix.EFAULT
}

// put writes into the caller's memory.
func (r *request) put(address uint64, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	n, err := unix.ProcessVMWritev(int(r.pid), iovecs(content), []unix.RemoteIovec{{Base: uintptr(address), Len: len(content)}}, 0)
	if err == nil && n < len(content) {
		err = unix.EFAULT
	}
	return err
}

func iovecs(buf []byte) []unix.Iovec {
	v := unix.Iovec{Base: &buf[0]}
	v.SetLen(len(buf))
	return []unix.Iovec{v}
}

// bytesOf is the memory of a structure that the kernel lays out.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), int(unsafe.Sizeof(*v)))
}
