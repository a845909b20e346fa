package main

import (
	"strings"

	"golang.org/x/sys/unix"
)

// entry is a name in an open directory.
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
	if err != nil {
		return entry{}, err
	}
	return entry{r.hold(dir), name}, nil
}

// enter changes to the entry's directory, and returns the name.
func (e entry) enter() string {
	_ = unix.Fchdir(e.dir)
	return e.name
}

func (e entry) lacksAttributes() bool {
	return lacksAttributes(file{path: strings.TrimRight(e.enter(), "/")})
}

// withEntries calls f with both entries if f has to move an owner. The kernel handles files that hold their owner themselves.
func (r *request) withEntries(exchange bool, f func(from, to entry) verdict) verdict {
	a, err := r.entryAt(r.fd(0), r.args[1])
	if err != nil {
		return toKernel
	}
	moves := a.lacksAttributes()
	if !moves && !exchange {
		return toKernel
	}
	b, err := r.entryAt(r.fd(2), r.args[3])
	if err != nil {
		return toKernel
	}
	if !moves && !b.lacksAttributes() {
		return toKernel
	}
	return f(a, b)
}

// renameat moves the owner of a symbolic link along.
func renameat(r *request) verdict {
	flags := uint(0)
	if r.nr == unix.SYS_RENAMEAT2 {
		flags = uint(r.args[4])
	}
	return r.withEntries(flags&unix.RENAME_EXCHANGE != 0, func(a, b entry) verdict {
		moved, hadOwner := r.links.get(a.enter())
		other, otherHad := r.links.get(b.enter())
		if !hadOwner && !otherHad {
			return toKernel
		}
		if err := unix.Renameat2(a.dir, a.name, b.dir, b.name, flags); err != nil {
			return failed(err)
		}
		r.setLinkOwner(b, moved)
		if flags&unix.RENAME_EXCHANGE == 0 {
			other = owner{}
		}
		r.setLinkOwner(a, other)
		return success
	})
}

// linkat gives the second name of a symbolic link the owner of the first.
func linkat(r *request) verdict {
	if r.flags(4)&(unix.AT_SYMLINK_FOLLOW|unix.AT_EMPTY_PATH) != 0 {
		return toKernel
	}
	return r.withEntries(false, func(a, b entry) verdict {
		o, _ := r.links.get(a.enter())
		if _, stale := r.links.get(b.enter()); o == (owner{}) && !stale {
			return toKernel
		}
		if err := unix.Linkat(a.dir, a.name, b.dir, b.name, 0); err != nil {
			return failed(err)
		}
		r.setLinkOwner(b, o)
		return success
	})
}

func (r *request) setLinkOwner(e entry, o owner) {
	if err := r.links.set(e.enter(), o); err != nil && canBeInImage(".") {
		r.lost.add(r.name(e.dir)+"/"+e.name, o)
	}
}
