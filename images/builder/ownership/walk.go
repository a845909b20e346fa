package main

import (
	"strings"

	"golang.org/x/sys/unix"
)

// file is what a call names: a name in this thread's working directory, where links that lead to it have been followed already, or the file
// behind a descriptor of the caller's.
type file struct {
	path       string
	descriptor bool         // path is a link of /proc, to be followed
	plain      bool         // it is known to be a file or directory, which can hold its owner itself
	known      *unix.Stat_t // what the kernel says of the file, if it was asked already
}

// isPlain tells whether a file is of a kind that can have user attributes.
func isPlain(mode uint32) bool {
	return mode&unix.S_IFMT == unix.S_IFREG || mode&unix.S_IFMT == unix.S_IFDIR
}

// walk changes to the directory of a path, and returns the last name in the path. It does not follow the links of /proc that lead to a
// process's root, directory or files, because this thread may go where its caller may not. The kernel handles such a path (ELOOP).
func walk(path string) (name string, err error) {
	dir, name := split(path)
	if dir == "" {
		return name, nil
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(unix.AT_FDCWD, dir, &how)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return name, unix.Fchdir(fd)
}

// split splits a path after its last slash. If the path can only name a directory, that is the whole path, and the name is a dot.
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

// follow goes where a name leads if it is a symbolic link. The link may be dangling.
func follow(name string) (file, error) {
	for range maxFollowed {
		var stat unix.Stat_t
		if err := unix.Lstat(name, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFLNK {
			return file{path: name, plain: err == nil && isPlain(stat.Mode)}, nil
		}
		var fs unix.Statfs_t
		if err := unix.Statfs(".", &fs); err != nil || fs.Type == unix.PROC_SUPER_MAGIC {
			break // the text of a link in /proc is not where it leads
		}
		target, err := readlinkAt(unix.AT_FDCWD, name)
		if err != nil {
			return file{}, err
		}
		if name, err = walk(target); err != nil {
			return file{}, err
		}
	}
	return file{}, unix.ELOOP
}

func readlinkAt(dir int, name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
