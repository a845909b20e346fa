package main

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// The ids that a process has of a user, and of a group, by their index.
const (
	realID = iota
	effectiveID
	savedID
	filesystemID
)

// identity is the users and groups that a process believes it has. The zero value is root.
type identity struct {
	uid, gid [4]uint32
	groups   []uint32
}

func (i identity) isRoot() bool {
	return i.uid == [4]uint32{} && i.gid == [4]uint32{} && len(i.groups) == 0
}

// privileged stands for CAP_SETUID and CAP_SETGID.
func (i *identity) privileged() bool { return i.uid[effectiveID] == 0 }

// same is the number of a user or group that means "no change".
const same = ^uint32(0)

// identities are those of the processes that are not root. A process has its parent's identity until it changes its own.
type identities struct {
	mu        sync.Mutex
	processes map[int]member // by number
	// A process whose parents have ended has the identity that the first process of its container took.
	containers map[string]member
}

// member is a process and its identity.
type member struct {
	identity
	id  int
	dir *os.File // its directory in /proc, which stays dead when the number is used again
}

func (m member) alive() bool { return unix.Faccessat(int(m.dir.Fd()), "stat", unix.F_OK, 0) == nil }

// of returns the caller's identity.
func (s *identities) of(c *caller) identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.processes) == 0 {
		return identity{} // no process has changed its identity yet, as in most builds
	}
	p, err := c.process()
	if err != nil {
		return identity{} // the caller has ended
	}
	return s.find(c, p)
}

// find looks for the identity of the caller, or of its closest parent that has one, and keeps what it found: parents end before children.
func (s *identities) find(c *caller, p process) identity {
	if m, known := s.processes[p.id]; known && m.alive() && c.waiting() == nil {
		return m.identity
	}
	inside := container(c.dir)
	found := s.containers[inside].identity
	var unknown []member
	dir, err := openProcess(c.proc, p.id, c.waiting)
	for err == nil && p.id > 1 && container(int(dir.Fd())) == inside {
		if m, known := s.processes[p.id]; known && m.alive() {
			found = m.identity
			break
		}
		unknown = append(unknown, member{id: p.id, dir: dir})
		if dir, err = openParent(c.proc, int(dir.Fd()), p); err == nil {
			p, err = status(int(dir.Fd()))
		}
	}
	for _, m := range unknown {
		m.identity = found
		s.keep(m)
	}
	_ = dir.Close()
	return found
}

// set changes the caller's identity.
func (s *identities) set(c *caller, i identity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := c.process()
	if err != nil {
		return err
	}
	inside := container(c.dir)
	if s.leads(c, p, inside) {
		dir, err := openProcess(c.proc, p.id, c.waiting)
		if err != nil {
			return err
		}
		s.keepContainer(inside, member{i, p.id, dir})
	}
	if i.isRoot() && len(s.processes) == 0 {
		return nil
	}
	dir, err := openProcess(c.proc, p.id, c.waiting)
	if err != nil {
		return err
	}
	s.keep(member{i, p.id, dir})
	return nil
}

// leads tells whether the caller is the first process of its container: the one that changed its identity first, and has a parent outside.
func (s *identities) leads(c *caller, p process, inside string) bool {
	if first, found := s.containers[inside]; found {
		return first.id == p.id && first.alive()
	}
	dir, err := openParent(c.proc, c.dir, p)
	if err != nil {
		return true
	}
	defer dir.Close()
	return container(int(dir.Fd())) != inside
}

// sweepEvery is the number of known processes after which the dead are looked for.
const sweepEvery = 256

func (s *identities) keep(m member) {
	if s.processes == nil {
		s.processes = map[int]member{}
	}
	_ = s.processes[m.id].dir.Close()
	s.processes[m.id] = m
	if len(s.processes)%sweepEvery == 0 {
		s.sweep()
	}
}

func (s *identities) keepContainer(name string, first member) {
	if s.containers == nil {
		s.containers = map[string]member{}
	}
	_ = s.containers[name].dir.Close()
	s.containers[name] = first
	s.sweep()
}

// sweep closes the directories of the processes that have ended.
func (s *identities) sweep() {
	for id, m := range s.processes {
		if !m.alive() {
			_ = m.dir.Close()
			delete(s.processes, id)
		}
	}
	for _, m := range s.containers {
		if !m.alive() {
			_ = m.dir.Close() // a closed directory is dead, too
		}
	}
}
