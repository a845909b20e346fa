package main

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// walk goes to the directory of a path, and returns the last name in it. The links of /proc that lead to another process's root, directory
// or files are not followed: this thread may go where its caller may not. Such a path is the kernel's (ELOOP).
func walk(path string) (name string, err error) {
	dir, name := split(path)
	if dir == "" {
		return name, nil
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, dir, &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return name, unix.Fchdir(fd)
}

// split is at the last slash, but for what names a directory by itself: that is the whole path, and the name a dot.
func split(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/') + 1
	switch name = path[i:]; name {
	case "", ".", "..":
		return path, "."
	}
	return path[:i], name
}

// maxFollowed is the kernel's limit (MAXSYMLINKS).
const maxFollowed = 40

// follow goes where a name leads that may be a symbolic link, which may lead to nothing.
func follow(name string) (string, error) {
	for range maxFollowed {
		var stat unix.Stat_t
		if err := unix.Lstat(name, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFLNK {
			return name, nil
		}
		var fs unix.Statfs_t
		if err := unix.Statfs(".", &fs); err != nil || fs.Type == unix.PROC_SUPER_MAGIC {
			break // its text is not where it leads
		}
		target, err := readlink(name)
		if err != nil {
			return "", err
		}
		if name, err = walk(target); err != nil {
			return "", err
		}
	}
	return "", unix.ELOOP
}

func readlink(path string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlink(path, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// ownDescriptor is the number in a path by which a process names an open file of its own.
func ownDescriptor(path string) (int32, bool) {
	for _, prefix := range []string{"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"} {
		if rest, found := strings.CutPrefix(path, prefix); found {
			fd, err := strconv.ParseUint(rest, 10, 31)
			return int32(fd), err == nil
		}
	}
	return 0, false
}
