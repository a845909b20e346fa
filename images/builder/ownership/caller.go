package main

import (
	"bytes"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// request is one call that waits for an answer.
//
// The kernel names the caller by its number only, and another process can have the number as soon as the caller has ended. So this program
// reaches everything about the caller through a descriptor. After it has opened the descriptor, it asks the kernel whether the call still
// waits. If it does, the caller had the number all the time.
type request struct {
	*server
	*notification
	dir  int     // the caller's directory in /proc; -1 until callerDir opens it
	self process // what that directory says; empty until caller reads it
	held []int   // descriptors to close after the answer
}

// waiting returns an error if the call does not wait for an answer any more.
func (r *request) waiting() error {
	return ioctl(r.listener, ioctlValid, unsafe.Pointer(&r.id))
}

// hold closes a descriptor after the answer.
func (r *request) hold(fd int) int {
	r.held = append(r.held, fd)
	return fd
}

func (r *request) release() {
	for _, fd := range r.held {
		_ = unix.Close(fd)
	}
}

// callerDir opens the caller's directory in /proc. When the caller ends, everything below the directory fails with ESRCH, even if the
// number is used again.
func (r *request) callerDir() (int, error) {
	if r.dir >= 0 {
		return r.dir, nil
	}
	fd, err := unix.Openat(r.proc, strconv.Itoa(int(r.pid)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	r.hold(fd)
	if err := r.waiting(); err != nil {
		return -1, err
	}
	r.dir = fd
	return fd, nil
}

// caller reads what /proc says about the caller.
func (r *request) caller() (process, error) {
	if r.self.id != 0 {
		return r.self, nil
	}
	dir, err := r.callerDir()
	if err != nil {
		return process{}, err
	}
	r.self, err = status(dir)
	return r.self, err
}

// enter changes this thread's root and working directory to those from which the caller's path starts.
func (r *request) enter(dirfd int32, path string) error {
	dir, err := r.callerDir()
	if err != nil {
		return err
	}
	if err := unix.Fchdir(dir); err != nil {
		return err
	}
	if err := unix.Chroot("root"); err != nil {
		return err
	}
	switch {
	case path[0] == '/':
		return nil
	case dirfd == unix.AT_FDCWD:
		return unix.Chdir("cwd")
	}
	return unix.Chdir("fd/" + strconv.Itoa(int(dirfd)))
}

// descriptor returns the file behind a descriptor of the caller's. This thread's working directory becomes the caller's directory in /proc,
// where the file has a name.
func (r *request) descriptor(fd int32) (file, error) {
	dir, err := r.callerDir()
	if err != nil {
		return file{}, err
	}
	return file{path: "fd/" + strconv.Itoa(int(fd)), descriptor: true}, unix.Fchdir(dir)
}

// pin opens the file behind a descriptor once more before it is changed. It then stays the same file whatever the caller's other threads do
// to the descriptor. This thread's working directory becomes /proc/self/fd, where the file has a name.
func (r *request) pin(f file) (file, error) {
	if !f.descriptor {
		return f, nil
	}
	fd, err := unix.Open(f.path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return file{}, unix.EBADF
	}
	f.path = strconv.Itoa(r.hold(fd))
	return f, unix.Fchdir(r.fds)
}

const page = 4096

// text reads a string that ends with a zero byte.
func (r *request) text(address uint64) (string, error) {
	if address == 0 {
		return "", unix.EFAULT
	}
	buf := make([]byte, unix.PathMax)
	// Two pieces: the page after the string's may not be mapped.
	first := min(page-int(address%page), len(buf))
	n, err := r.read(buf, []unix.RemoteIovec{
		{Base: uintptr(address), Len: first}, {Base: uintptr(address) + uintptr(first), Len: len(buf) - first},
	})
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

// bytes reads as many bytes as the buffer holds.
func (r *request) bytes(address uint64, buf []byte) error {
	n, err := r.read(buf, []unix.RemoteIovec{{Base: uintptr(address), Len: len(buf)}})
	if err == nil && n < len(buf) {
		err = unix.EFAULT
	}
	return err
}

// read copies from the caller's memory. One call by number is cheaper than a descriptor, and safe: what was read counts only if the call
// still waits afterwards.
func (r *request) read(buf []byte, from []unix.RemoteIovec) (int, error) {
	n, err := unix.ProcessVMReadv(int(r.pid), iovecs(buf), from, 0)
	if err != nil {
		return 0, err
	}
	return n, r.waiting()
}

// put writes into the caller's memory. A write by number could change another process's memory.
func (r *request) put(address uint64, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	dir, err := r.callerDir()
	if err != nil {
		return err
	}
	mem, err := unix.Openat(dir, "mem", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mem)
	if err := r.waiting(); err != nil { // otherwise the caller may have become another program
		return err
	}
	if n, err := unix.Pwrite(mem, content, int64(address)); err != nil || n < len(content) {
		return unix.EFAULT
	}
	return nil
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
