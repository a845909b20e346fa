package main

import (
	"bytes"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// descriptors are what this program needs to reach a caller.
type descriptors struct {
	listener int // the caller's calls arrive here
	proc     int // /proc of the pid namespace whose numbers the kernel uses for callers
	fds      int // /proc/self/fd
}

// caller is the process whose call waits for an answer.
//
// The kernel names the caller by its number only, and another process can have the number as soon as the caller has ended. So this program
// reaches everything about the caller through a descriptor. After it has opened the descriptor, it asks the kernel whether the call still
// waits. If it does, the caller had the number all the time.
type caller struct {
	descriptors
	*notification
	earlier callers // of this thread
	dir     int     // the caller's directory in /proc; -1 until callerDir opens it
	self    process // what that directory says; empty until process reads it
	inDir   bool    // this thread's working directory is dir
	away    bool    // this thread's working directory can be one of the caller's
	held    []int   // descriptors to close after the answer
}

// callers are the directories in /proc of a thread's earlier callers, by number. Most calls come from a process that has called before.
type callers map[uint32]int

// maxCallers is how many are kept.
const maxCallers = 64

func (e callers) keep(pid uint32, dir int) {
	if len(e) == maxCallers {
		for pid := range e {
			e.forget(pid)
		}
	}
	e[pid] = dir
}

func (e callers) forget(pid uint32) {
	_ = unix.Close(e[pid])
	delete(e, pid)
}

// insertCWD inserts AT_FDCWD before argument i.
func (c *caller) insertCWD(i int) {
	copy(c.args[i+1:], c.args[i:5])
	cwd := int32(unix.AT_FDCWD)
	c.args[i] = uint64(uint32(cwd))
}

func (c *caller) fd(i int) int32    { return int32(uint32(c.args[i])) }
func (c *caller) flags(i int) int   { return int(int32(uint32(c.args[i]))) }
func (c *caller) id32(i int) uint32 { return uint32(c.args[i]) }

// waiting returns an error if the call does not wait for an answer any more.
func (c *caller) waiting() error {
	return ioctl(c.listener, ioctlValid, unsafe.Pointer(&c.id))
}

// hold closes a descriptor after the answer.
func (c *caller) hold(fd int) int {
	c.held = append(c.held, fd)
	return fd
}

func (c *caller) release() {
	if c.away {
		_ = unix.Fchdir(c.proc) // so that the caller's directory can be unmounted
	}
	for _, fd := range c.held {
		_ = unix.Close(fd)
	}
}

// callerDir opens the caller's directory in /proc. When the caller ends, the directory and everything below it fail with ESRCH, even if the
// number is used again. So an earlier caller's directory that can be entered is this caller's: that process has had the number all the time.
func (c *caller) callerDir() (int, error) {
	if c.dir >= 0 {
		return c.dir, nil
	}
	if fd, known := c.earlier[c.pid]; known {
		if unix.Fchdir(fd) == nil {
			c.dir, c.inDir = fd, true
			return fd, nil
		}
		c.earlier.forget(c.pid)
	}
	fd, err := unix.Openat(c.proc, strconv.Itoa(int(c.pid)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := c.waiting(); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	c.earlier.keep(c.pid, fd)
	c.dir = fd
	return fd, nil
}

// process reads what /proc says about the caller.
func (c *caller) process() (process, error) {
	if c.self.id != 0 {
		return c.self, nil
	}
	dir, err := c.callerDir()
	if err != nil {
		return process{}, err
	}
	c.self, err = status(dir)
	return c.self, err
}

// goToDir changes this thread's working directory to the caller's directory in /proc.
func (c *caller) goToDir() error {
	dir, err := c.callerDir()
	if err != nil || c.inDir {
		return err
	}
	err = unix.Fchdir(dir)
	c.inDir = err == nil
	return err
}

// enter changes this thread's root and working directory to those from which the caller's path starts.
func (c *caller) enter(dirfd int32, path string) error {
	if err := c.goToDir(); err != nil {
		return err
	}
	if err := unix.Chroot("root"); err != nil {
		return err
	}
	return c.leave(dirfd, path)
}

// leave changes this thread's working directory from the caller's directory in /proc to the one from which the caller's path starts.
func (c *caller) leave(dirfd int32, path string) error {
	c.inDir, c.away = false, true
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
func (c *caller) descriptor(fd int32) (file, error) {
	if err := c.goToDir(); err != nil {
		return file{}, err
	}
	return file{path: "fd/" + strconv.Itoa(int(fd)), descriptor: true}, nil
}

// pin opens the file behind a descriptor once more before it is changed. It then stays the same file whatever the caller's other threads do
// to the descriptor. This thread's working directory becomes /proc/self/fd, where the file has a name.
func (c *caller) pin(f file) (file, error) {
	if !f.descriptor {
		return f, nil
	}
	fd, err := unix.Open(f.path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return file{}, unix.EBADF
	}
	f.path = strconv.Itoa(c.hold(fd))
	c.inDir = false
	return f, unix.Fchdir(c.fds)
}

const page = 4096

// text reads a string that ends with a zero byte.
func (c *caller) text(address uint64) (string, error) {
	if address == 0 {
		return "", unix.EFAULT
	}
	buf := make([]byte, unix.PathMax)
	// Two pieces: the page after the string's may not be mapped.
	first := min(page-int(address%page), len(buf))
	n, err := c.read(buf, []unix.RemoteIovec{
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
func (c *caller) bytes(address uint64, buf []byte) error {
	n, err := c.read(buf, []unix.RemoteIovec{{Base: uintptr(address), Len: len(buf)}})
	if err == nil && n < len(buf) {
		err = unix.EFAULT
	}
	return err
}

// read copies from the caller's memory. One call by number is cheaper than a descriptor, and safe: what was read counts only if the number was
// still the caller's afterwards.
func (c *caller) read(buf []byte, from []unix.RemoteIovec) (int, error) {
	n, err := unix.ProcessVMReadv(int(c.pid), iovecs(buf), from, 0)
	if err != nil {
		return 0, err
	}
	if c.dir >= 0 {
		return n, c.waiting()
	}
	_, err = c.callerDir()
	return n, err
}

// put writes into the caller's memory. A write by number could change another process's memory.
func (c *caller) put(address uint64, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	dir, err := c.callerDir()
	if err != nil {
		return err
	}
	mem, err := unix.Openat(dir, "mem", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mem)
	if err := c.waiting(); err != nil { // otherwise the caller may have become another program
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
