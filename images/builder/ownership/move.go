package main

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// entry is a name in a directory that is open, so that two of them can be told from different places.
type entry struct {
	dir  int
	name string
}

// entryAt opens the directory of a path of the call.
func (r *request) entryAt(dirfd int32, address uint64) (entry, error) {
	name, err := r.pathAt(dirfd, address)
	if err != nil {
		return entry{}, err
	}
	dir, err := unix.Open(".", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return entry{dir, name}, err
}

// stand makes the entry's directory the thread's, and returns the name.
func (e entry) stand() string {
	_ = unix.Fchdir(e.dir)
	return e.name
}

// both opens the directories of two names; files whose owner goes with them are left to the kernel.
func (r *request) both(exchange bool, from, to func() (entry, error), f func(from, to entry) verdict) verdict {
	a, err := from()
	if err != nil {
		return leave
	}
	defer unix.Close(a.dir)
	first := a.takesNone()
	if !first && !exchange {
		return leave
	}
	b, err := to()
	if err != nil {
		return leave
	}
	defer unix.Close(b.dir)
	if !first && !b.takesNone() {
		return leave
	}
	return f(a, b)
}

// renameat takes the owner of a symbolic link along.
func renameat(r *request) verdict {
	flags := uint(0)
	if r.nr == unix.SYS_RENAMEAT2 {
		flags = uint(r.args[4])
	}
	from := func() (entry, error) { return r.entryAt(r.fd(0), r.args[1]) }
	to := func() (entry, error) { return r.entryAt(r.fd(2), r.args[3]) }
	return r.both(flags&unix.RENAME_EXCHANGE != 0, from, to, func(a, b entry) verdict {
		moved, hadOwner := r.links.get(a.stand())
		other, otherHad := r.links.get(b.stand())
		if !hadOwner && !otherHad {
			return leave
		}
		if err := unix.Renameat2(a.dir, a.name, b.dir, b.name, flags); err != nil {
			return failed(err)
		}
		r.keepLink(b, moved)
		if flags&unix.RENAME_EXCHANGE == 0 {
			other = owner{}
		}
		r.keepLink(a, other)
		return done
	})
}

// linkat gives a second name of a symbolic link the owner of the first.
func linkat(r *request) verdict {
	if r.flags(4)&(unix.AT_SYMLINK_FOLLOW|unix.AT_EMPTY_PATH) != 0 {
		return leave
	}
	from := func() (entry, error) { return r.entryAt(r.fd(0), r.args[1]) }
	to := func() (entry, error) { return r.entryAt(r.fd(2), r.args[3]) }
	return r.both(false, from, to, func(a, b entry) verdict {
		o, _ := r.links.get(a.stand())
		if _, stale := r.links.get(b.stand()); o == (owner{}) && !stale {
			return leave
		}
		if err := unix.Linkat(a.dir, a.name, b.dir, b.name, 0); err != nil {
			return failed(err)
		}
		r.keepLink(b, o)
		return done
	})
}

func (e entry) takesNone() bool { return takesNone(file{strings.TrimRight(e.stand(), "/"), true}) }

func (r *request) keepLink(e entry, o owner) {
	if err := r.links.set(e.stand(), o); err != nil && keepsOwners(".") {
		r.lost.add(r.name(e.dir)+"/"+e.name, o)
	}
}

// name is that of an open file, as far as the kernel knows one.
func (s *server) name(fd int) string {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(s.proc, "self/fd/"+strconv.Itoa(fd), buf)
	if err != nil {
		return "?"
	}
	return string(buf[:n])
}
