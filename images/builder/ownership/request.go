package main

import (
	"errors"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// state is what the answers to all calls share.
type state struct {
	open         descriptors
	mounts, pids string // the namespaces of this program and the engine
	ids          identities
	links        links
	lost         losses
}

// openProc opens the directories in /proc, and reads the namespaces of this program.
func (s *state) openProc() error {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	var errs [4]error
	s.open.proc, errs[0] = unix.Open("/proc", flags, 0)
	s.open.fds, errs[1] = unix.Open("/proc/self/fd", flags, 0)
	s.mounts, errs[2] = readlinkAt(s.open.proc, "self/ns/mnt")
	s.pids, errs[3] = readlinkAt(s.open.proc, "self/ns/pid")
	return errors.Join(errs[:]...)
}

// request is one call that waits for an answer.
type request struct {
	caller
	*state
}

func (s *state) request(n *notification, earlier callers) *request {
	return &request{caller: caller{descriptors: s.open, notification: n, earlier: earlier, dir: -1}, state: s}
}

// ownerOf returns a file's owner, and whether one is kept.
func (r *request) ownerOf(f file) (owner, bool) {
	buf := [64]byte{}
	get := unix.Lgetxattr
	if f.descriptor {
		get = unix.Getxattr
	}
	n, err := get(f.path, attribute, buf[:])
	if err == nil {
		o, err := decodeOwner(buf[:n])
		return o, err == nil
	}
	if f.plain || f.descriptor || !lacksAttributes(f) {
		return owner{}, false
	}
	return r.links.get(f.path)
}

// setOwner keeps a file's owner. If it can't, it adds the file to the report.
func (r *request) setOwner(f file, o owner) {
	var err error
	switch {
	case lacksAttributes(f):
		if err = r.links.set(f.path, o); err == nil && hardLinked(f.path) {
			err = unix.EMLINK // the link's other names keep the owner that they had
		}
	case o == owner{}:
		err = remove(f)
	default:
		set := unix.Lsetxattr
		if f.descriptor {
			set = unix.Setxattr
		}
		err = set(f.path, attribute, o.encode(), 0)
	}
	if err != nil && canBeInImage(f.path) {
		r.lost.add(f.absolute(), o)
	}
}

// setOwnerFD is setOwner for an open file, which may have no name.
func (r *request) setOwnerFD(fd int, o owner) {
	if err := unix.Fsetxattr(fd, attribute, o.encode(), 0); err != nil {
		r.lost.add(r.name(fd), o)
	}
}

// name is the name of an open file of this program, for a report.
func (s *state) name(fd int) string {
	name, err := readlinkAt(s.open.fds, strconv.Itoa(fd))
	if err != nil {
		return "?"
	}
	return name
}

// give answers a call with a descriptor of this program's, which becomes one of the caller's.
func (r *request) give(fd int, flags uint64) verdict {
	a := addFD{id: r.id, flags: unix.SECCOMP_ADDFD_FLAG_SEND, srcfd: uint32(fd), newflags: uint32(flags & unix.O_CLOEXEC)}
	if err := ioctl(r.listener, ioctlAddFD, unsafe.Pointer(&a)); err != nil {
		return failed(err)
	}
	return verdict{answered: true}
}

// answerWith writes the call's result into the caller's memory, and answers with a value.
func (r *request) answerWith(value int64, address uint64, content []byte) verdict {
	if err := r.put(address, content); err != nil {
		return failed(err)
	}
	return verdict{value: value}
}
