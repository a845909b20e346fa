package main

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// creating are the flags with which open may create a file.
const creating = unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY

// newOwner returns the owner that a new file in this thread's working directory gets, or EACCES if the caller must not create it.
func (r *request) newOwner(name string) (owner, error) {
	i := r.ids.of(&r.caller)
	if !r.mayCreate(i, name) {
		return owner{}, unix.EACCES
	}
	o := owner{uid: i.uid[filesystemID], gid: i.gid[filesystemID]}
	var dir unix.Stat_t
	if unix.Stat(".", &dir) == nil && dir.Mode&unix.S_ISGID != 0 {
		parent, _ := r.ownerOf(here)
		o.gid = parent.gid
	}
	return o, nil
}

// mayCreate tells whether a user may create a file in this thread's working directory. The kernel would let every user, because each is
// root to it.
func (r *request) mayCreate(i identity, name string) bool {
	var dir, existing unix.Stat_t
	if i.uid[filesystemID] == 0 || unix.Stat(".", &dir) != nil || unix.Lstat(name, &existing) == nil || !canBeInImage(".") {
		return true
	}
	const writeAndSearch = 3
	o, _ := r.ownerOf(here)
	bits := dir.Mode
	switch {
	case i.uid[filesystemID] == o.uid:
		bits >>= 6
	case i.gid[filesystemID] == o.gid || slices.Contains(i.groups, o.gid):
		bits >>= 3
	}
	return bits&writeAndSearch == writeAndSearch
}

// openat creates the file if its owner is not root. The kernel opens files that exist.
func openat(r *request) verdict {
	flags := r.flags(2) | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NOFOLLOW
	if flags&unix.O_PATH != 0 {
		return toKernel // O_PATH creates nothing, whatever the other flags say
	}
	path, err := r.text(r.args[1])
	if flags&unix.O_CREAT == 0 { // O_TMPFILE: the path is the directory
		path += "/"
	} else if strings.HasSuffix(path, "/") {
		return toKernel
	}
	name := ""
	if err == nil {
		name, err = r.goTo(r.fd(0), path)
	}
	if err == nil && r.flags(2)&(unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW) == unix.O_CREAT {
		var f file
		f, err = follow(name) // a dangling link creates the file that it leads to
		name = f.path
	}
	if err != nil {
		return toKernel
	}
	o, err := r.newOwner(name)
	switch {
	case err != nil:
		return failed(err)
	case o == owner{}:
		return toKernel
	}
	fd, err := unix.Open(name, flags|exclusive(flags), uint32(r.args[3])&^r.umask())
	switch {
	case errors.Is(err, unix.EEXIST):
		return toKernel
	case err != nil:
		return failed(err)
	}
	r.hold(fd)
	r.setOwnerFD(fd, o)
	return r.give(fd, r.args[2])
}

// exclusive makes open fail if the file exists. O_TMPFILE always creates one, and does not take the flag.
func exclusive(flags int) int {
	if flags&unix.O_CREAT == 0 {
		return 0
	}
	return unix.O_EXCL
}

func mkdirat(r *request) verdict {
	return r.create(r.fd(0), r.args[1], func(path string, umask uint32) error {
		return unix.Mkdir(path, uint32(r.args[2])&^umask)
	})
}

// mknodat creates a plain file in place of a device, which only a privileged process can create. The kernel creates whiteouts, which are
// devices of number 0 that everybody may create, and root's pipes and sockets.
func mknodat(r *request) verdict {
	mode, device := uint32(r.args[2]), uint64(uint32(r.args[3]))
	kind := mode & unix.S_IFMT
	if (kind != unix.S_IFCHR && kind != unix.S_IFBLK) || device == 0 {
		return r.create(r.fd(0), r.args[1], func(path string, umask uint32) error {
			return unix.Mknod(path, mode&^umask, int(device))
		})
	}
	path, err := r.pathAt(r.fd(0), r.args[1])
	if err != nil {
		return toKernel
	}
	o, err := r.newOwner(path)
	if err != nil {
		return failed(err)
	}
	flags := unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_WRONLY
	fd, err := unix.Open(path, flags, mode&^unix.S_IFMT&^r.umask())
	if err != nil {
		return failed(err)
	}
	r.hold(fd)
	o.kind, o.device = kind, device
	r.setOwnerFD(fd, o)
	return success
}

// create leaves to the kernel what root creates, unless a link of the same name has left its owner behind.
func (r *request) create(dirfd int32, address uint64, create func(path string, umask uint32) error) verdict {
	path, err := r.pathAt(dirfd, address)
	if err != nil {
		return toKernel
	}
	o, err := r.newOwner(path)
	if err != nil {
		return failed(err)
	}
	if _, before := r.links.get(path); o == (owner{}) && !before {
		return toKernel
	}
	if err := create(path, r.umask()); err != nil {
		return failed(err)
	}
	r.setOwner(file{path: strings.TrimRight(path, "/")}, o)
	return success
}

func symlinkat(r *request) verdict {
	target, err := r.text(r.args[0])
	if err != nil {
		return toKernel
	}
	return r.create(r.fd(1), r.args[2], func(path string, _ uint32) error { return unix.Symlink(target, path) })
}

// umask is the caller's.
func (r *request) umask() uint32 {
	p, _ := r.process()
	return uint32(p.umask)
}
