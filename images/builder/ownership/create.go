package main

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maker is whose a new file of that name becomes, in the directory where the thread stands; EACCES for who may not make it.
func (r *request) maker(name string) (owner, error) {
	i := r.ids.of(r)
	if !r.mayMake(i, name) {
		return owner{}, unix.EACCES
	}
	o := owner{uid: i.uid[filesystem], gid: i.gid[filesystem]}
	var dir unix.Stat_t
	if unix.Stat(".", &dir) == nil && dir.Mode&unix.S_ISGID != 0 {
		of, _ := r.remembered(file{".", true})
		o.gid = of.gid
	}
	return o, nil
}

// mayMake tells whether somebody may make what is not there yet, in the directory where the thread stands: the kernel, to which everybody
// is root, would let everybody.
func (r *request) mayMake(i identity, name string) bool {
	var dir, there unix.Stat_t
	if i.uid[filesystem] == 0 || unix.Stat(".", &dir) != nil || unix.Lstat(name, &there) == nil || !keepsOwners(".") {
		return true
	}
	const writeAndSearch = 3
	o, _ := r.remembered(file{".", true})
	bits := dir.Mode
	switch {
	case i.uid[filesystem] == o.uid:
		bits >>= 6
	case i.gid[filesystem] == o.gid || slices.Contains(i.groups, o.gid):
		bits >>= 3
	}
	return bits&writeAndSearch == writeAndSearch
}

// openat makes the file itself where it is not root's; whatever is there already is the kernel's to open.
func openat(r *request) verdict {
	path, err := r.text(r.args[1])
	flags := r.flags(2) | unix.O_CLOEXEC | unix.O_NOCTTY
	if flags&unix.O_CREAT == 0 { // O_TMPFILE: the path is the directory
		path += "/"
	} else if strings.HasSuffix(path, "/") {
		return leave
	}
	name := ""
	if err == nil {
		name, err = r.goTo(r.fd(0), path)
	}
	if err == nil && flags&(unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW) == unix.O_CREAT {
		name, err = follow(name) // a file is made through a link that leads to none
	}
	if err != nil {
		return leave
	}
	o, err := r.maker(name)
	switch {
	case err != nil:
		return failed(err)
	case o == owner{}:
		return leave
	}
	fd, err := unix.Open(name, flags|exclusive(flags), uint32(r.args[3])&^r.ids.umask(r))
	switch {
	case errors.Is(err, unix.EEXIST):
		return leave
	case err != nil:
		return failed(err)
	}
	defer unix.Close(fd)
	r.rememberFD(fd, o)
	return r.give(fd, r.args[2])
}

// exclusive tells a file that is made now from one that was there. O_TMPFILE makes one in any case, and takes no such flag.
func exclusive(flags int) int {
	if flags&unix.O_CREAT == 0 {
		return 0
	}
	return unix.O_EXCL
}

func mkdirat(r *request) verdict {
	return r.make(r.fd(0), r.args[1], func(path string, umask uint32) error {
		return unix.Mkdir(path, uint32(r.args[2])&^umask)
	})
}

// mknodat makes a plain file for a device, which only a privileged process can have. A whiteout, which is a device of number 0 that
// everybody may make, is the kernel's; so is a pipe or a socket, if it is root's.
func mknodat(r *request) verdict {
	mode, device := uint32(r.args[2]), uint64(uint32(r.args[3]))
	kind := mode & unix.S_IFMT
	if (kind != unix.S_IFCHR && kind != unix.S_IFBLK) || device == 0 {
		return r.make(r.fd(0), r.args[1], func(path string, umask uint32) error {
			return unix.Mknod(path, mode&^umask, int(device))
		})
	}
	path, err := r.pathAt(r.fd(0), r.args[1])
	if err != nil {
		return leave
	}
	o, err := r.maker(path)
	if err != nil {
		return failed(err)
	}
	fd, err := unix.Open(path, unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_WRONLY, mode&^unix.S_IFMT&^r.ids.umask(r))
	if err != nil {
		return failed(err)
	}
	defer unix.Close(fd)
	o.kind, o.device = kind, device
	r.rememberFD(fd, o)
	return done
}

// make leaves to the kernel what is root's, but for a name whose last owner is to be forgotten.
func (r *request) make(dirfd int32, address uint64, create func(path string, umask uint32) error) verdict {
	path, err := r.pathAt(dirfd, address)
	if err != nil {
		return leave
	}
	o, err := r.maker(path)
	if err != nil {
		return failed(err)
	}
	if _, before := r.links.get(path); o == (owner{}) && !before {
		return leave
	}
	if err := create(path, r.ids.umask(r)); err != nil {
		return failed(err)
	}
	r.remember(file{strings.TrimRight(path, "/"), true}, o)
	return done
}

func symlinkat(r *request) verdict {
	target, err := r.text(r.args[0])
	if err != nil {
		return leave
	}
	return r.make(r.fd(1), r.args[2], func(path string, _ uint32) error { return unix.Symlink(target, path) })
}

// rememberFD is remember for a file that may have no name.
func (r *request) rememberFD(fd int, o owner) {
	if err := unix.Fsetxattr(fd, attribute, o.encode(), 0); err != nil {
		r.lost.add(r.name(fd), o)
	}
}
