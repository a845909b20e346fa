package main

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// pathAt reads a path of the call, and changes to the directory that contains the file it names. dirfd is a descriptor of the caller's or
// AT_FDCWD. Slashes after the name stay, because they have a meaning for the kernel.
func (c *caller) pathAt(dirfd int32, address uint64) (name string, err error) {
	path, err := c.text(address)
	if err != nil {
		return "", err
	}
	bare := strings.TrimRight(path, "/")
	if bare == "" {
		return c.goTo(dirfd, path)
	}
	name, err = c.goTo(dirfd, bare)
	return name + path[len(bare):], err
}

// goTo changes to the directory that contains the file of a path, and returns the file's name there.
func (c *caller) goTo(dirfd int32, path string) (name string, err error) {
	if path == "" {
		return "", unix.ENOENT
	}
	if err := c.enter(dirfd, path); err != nil {
		return "", err
	}
	return walk(path)
}

// fileAt returns what an "at" call names; flags are its AT_… flags.
func (c *caller) fileAt(dirfd int32, address uint64, flags int) (file, error) {
	path, err := c.optionalText(address, flags)
	if err != nil {
		return file{}, err
	}
	return c.find(dirfd, path, flags)
}

// lookAt is fileAt for a call that changes nothing: this thread's root can stay another one.
func (c *caller) lookAt(dirfd int32, address uint64, flags int) (file, error) {
	path, err := c.optionalText(address, flags)
	if err != nil {
		return file{}, err
	}
	if flags&unix.AT_SYMLINK_NOFOLLOW == 0 || path == "" || path == "." || path == ".." || strings.Contains(path, "/") {
		return c.find(dirfd, path, flags)
	}
	// A name alone that is not followed means the same from every root.
	if err := c.goToDir(); err != nil {
		return file{}, err
	}
	return file{path: path}, c.leave(dirfd, path)
}

// optionalText is the path of a call that can have none.
func (c *caller) optionalText(address uint64, flags int) (string, error) {
	if flags&unix.AT_EMPTY_PATH != 0 && address == 0 {
		return "", nil
	}
	return c.text(address)
}

// find returns what a path names.
func (c *caller) find(dirfd int32, path string, flags int) (file, error) {
	if path == "" && flags&unix.AT_EMPTY_PATH != 0 {
		if dirfd != unix.AT_FDCWD {
			return c.opened(dirfd)
		}
		path = "."
	}
	if fd, ok := ownDescriptor(path); ok && flags&unix.AT_SYMLINK_NOFOLLOW == 0 {
		return c.opened(fd)
	}
	name, err := c.goTo(dirfd, path)
	f := file{path: name}
	if err == nil && flags&unix.AT_SYMLINK_NOFOLLOW == 0 {
		f, err = follow(name)
	}
	return f, err
}

// opened is descriptor for a file that may take no attributes: a symbolic link (opened with O_PATH), a pipe, a socket or a device. Only its
// name leads to its owner.
func (c *caller) opened(fd int32) (file, error) {
	f, err := c.descriptor(fd)
	if err != nil {
		return file{}, err
	}
	var stat, named unix.Stat_t
	if err := unix.Stat(f.path, &stat); err != nil {
		return file{}, unix.EBADF
	}
	if f.plain = isPlain(stat.Mode); f.plain {
		f.known = &stat
		return f, nil
	}
	// The kernel gives the name as it is below this thread's root, so that has to be the caller's.
	if err := c.enter(unix.AT_FDCWD, "/"); err != nil {
		return file{}, err
	}
	path, err := readlinkAt(c.dir, f.path)
	if err == nil && strings.HasPrefix(path, "/") {
		name, err := walk(path)
		if err == nil && unix.Lstat(name, &named) == nil && named.Dev == stat.Dev && named.Ino == stat.Ino {
			return file{path: name}, nil
		}
	}
	return f, c.goToDir() // it has no name any more, or never had one
}

// ownDescriptor returns the number in a path by which a process names an open file of its own.
func ownDescriptor(path string) (int32, bool) {
	for _, prefix := range []string{"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"} {
		if rest, found := strings.CutPrefix(path, prefix); found {
			fd, err := strconv.ParseUint(rest, 10, 31)
			return int32(fd), err == nil
		}
	}
	return 0, false
}
