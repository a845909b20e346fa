package main

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// process is what /proc says about one process. Its number is greater than zero.
type process struct {
	id, parent int
	umask      int
}

// status reads a process's directory in /proc, or a thread's.
func status(dir int) (process, error) {
	fd, err := unix.Openat(dir, "status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return process{}, err
	}
	defer unix.Close(fd)
	buf := [1024]byte{}
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return process{}, err
	}
	p := process{}
	for _, field := range []struct {
		name string
		base int
		to   *int
	}{{"\nUmask:\t", 8, &p.umask}, {"\nTgid:\t", 10, &p.id}, {"\nPPid:\t", 10, &p.parent}} {
		if _, rest, found := bytes.Cut(buf[:n], []byte(field.name)); found {
			value, _, _ := bytes.Cut(rest, []byte("\n"))
			v, _ := strconv.ParseInt(string(value), field.base, 64)
			*field.to = int(v)
		}
	}
	return p, nil
}

// container tells the containers apart: by the number of the mount namespace, which is used again, and the number of the mount of its root,
// which is not, since Linux 6.8.
func container(dir int) string {
	namespace, err := readlinkAt(dir, "ns/mnt")
	if err != nil {
		return ""
	}
	var root unix.Statx_t
	_ = unix.Statx(dir, "root", 0, unix.STATX_MNT_ID_UNIQUE, &root)
	return namespace + strconv.FormatUint(root.Mnt_id, 10)
}

// openProcess opens a process's directory in /proc. The number may be used again at any time, so still tells, afterwards, whether it is still
// the number of the process that is meant.
func openProcess(proc, id int, still func() error) (*os.File, error) {
	fd, err := unix.Openat(proc, strconv.Itoa(id), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := still(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "process"), nil
}

// openParent opens the directory of a process's parent. A new process is never the parent of an older one, so a process whose parent has the
// same number as before has the same parent.
func openParent(proc, child int, p process) (*os.File, error) {
	return openProcess(proc, p.parent, func() error {
		now, err := status(child)
		if err == nil && now.parent != p.parent {
			err = unix.ESRCH
		}
		return err
	})
}
