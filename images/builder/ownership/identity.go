package main

import (
	"bytes"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// The ids that a process has of a user, and of a group.
const (
	actual = iota
	effective
	saved
	filesystem
)

// identity is whom a process takes itself for. The zero value is root.
type identity struct {
	uid, gid [4]uint32
	groups   []uint32
}

func (i identity) isRoot() bool {
	return i.uid == [4]uint32{} && i.gid == [4]uint32{} && len(i.groups) == 0
}

// identities are those of the processes that are not root. A process has that of its parent until it changes its own.
type identities struct {
	proc int
	mu   sync.Mutex
	all  map[int]known
	// What a process is whose parents are gone: whoever the first process of its container made itself.
	containers map[string]first
}

// first is the process of a container whose parent is outside, once it has said who it is.
type first struct {
	identity
	id int
}

// known is a process and who it is. The descriptor is of its directory in /proc, which stays dead when its number is used again.
type known struct {
	identity
	dir *os.File
}

func (k known) alive() bool { return unix.Faccessat(int(k.dir.Fd()), "stat", unix.F_OK, 0) == nil }

// of returns the identity of the process that called.
func (s *identities) of(r *request) identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return identity{} // nobody has changed yet, as in most builds
	}
	return s.find(s.process(int(r.pid)))
}

// set makes the process that called somebody else.
func (s *identities) set(r *request, i identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(int(r.pid))
	if c, found := s.containers[p.container]; c.id == p.id || !found && s.process(p.parent).container != p.container {
		if s.containers == nil {
			s.containers = map[string]first{}
		}
		s.containers[p.container] = first{i, p.id}
	}
	if !i.isRoot() || len(s.all) > 0 {
		s.keep(p.id, i)
	}
}

func (s *identities) keep(id int, i identity) {
	if s.all == nil {
		s.all = map[int]known{}
	}
	if before, found := s.all[id]; found && before.alive() {
		s.all[id] = known{i, before.dir}
		return
	}
	fd, err := unix.Openat(s.proc, strconv.Itoa(id), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // it is gone
	}
	if before, found := s.all[id]; found {
		_ = before.dir.Close()
	}
	s.all[id] = known{i, os.NewFile(uintptr(fd), "process")}
	if len(s.all)%256 == 0 {
		s.bury()
	}
}

// bury forgets the dead.
func (s *identities) bury() {
	for id, k := range s.all {
		if !k.alive() {
			_ = k.dir.Close()
			delete(s.all, id)
		}
	}
}

// find looks at a process and its parents in the container, and remembers what it found: parents end before their children.
func (s *identities) find(p process) identity {
	var unknown []int
	container := p.container
	found := s.containers[container].identity
	for ; p.id > 1 && p.container == container; p = s.process(p.parent) {
		if k, ok := s.all[p.id]; ok && k.alive() {
			found = k.identity
			break
		}
		unknown = append(unknown, p.id)
	}
	for _, id := range unknown {
		s.keep(id, found)
	}
	return found
}

// process is what /proc says of one.
type process struct {
	id, parent int
	umask      int
	container  string // its mount namespace
}

func (s *identities) process(thread int) process {
	fd, err := unix.Openat(s.proc, strconv.Itoa(thread)+"/status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return process{}
	}
	defer unix.Close(fd)
	buf := [1024]byte{}
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return process{}
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
	p.container = s.container(thread)
	return p
}

// container tells one from another: a mount namespace's number is used again, that of a mount is not, since Linux 6.8.
func (s *identities) container(thread int) string {
	caller := strconv.Itoa(thread)
	name := make([]byte, 64)
	n, err := unix.Readlinkat(s.proc, caller+"/ns/mnt", name)
	if err != nil {
		return ""
	}
	var root unix.Statx_t
	_ = unix.Statx(s.proc, caller+"/root", 0, unix.STATX_MNT_ID_UNIQUE, &root)
	return string(strconv.AppendUint(name[:n], root.Mnt_id, 10))
}

// umask is that of the process that called.
func (s *identities) umask(r *request) uint32 { return uint32(s.process(int(r.pid)).umask) }
