package main

import "golang.org/x/sys/unix"

func fstat(r *request) verdict {
	f, err := r.descriptor(r.fd(0))
	if err != nil {
		return toKernel
	}
	return r.stat(f, r.args[1])
}

func fstatat(r *request) verdict {
	f, err := r.lookAt(r.fd(0), r.args[1], r.flags(3))
	if err != nil {
		return toKernel // which finds the same error
	}
	return r.stat(f, r.args[2])
}

// stat leaves files to the kernel that have no owner of their own.
func (r *request) stat(f file, address uint64) verdict {
	o, found := r.ownerOf(f)
	if !found {
		return toKernel
	}
	var s unix.Stat_t
	if err := f.stat(&s); err != nil {
		return toKernel
	}
	s.Uid, s.Gid = o.uid, o.gid
	if o.kind != 0 {
		s.Mode = s.Mode&^unix.S_IFMT | o.kind
		s.Rdev = o.device
		s.Size, s.Blocks = 0, 0
	}
	return r.answerWith(0, address, bytesOf(&s))
}

func statx(r *request) verdict {
	f, err := r.lookAt(r.fd(0), r.args[1], r.flags(2))
	if err != nil {
		return toKernel
	}
	o, found := r.ownerOf(f)
	if !found {
		return toKernel
	}
	flags := r.flags(2) &^ (unix.AT_EMPTY_PATH | unix.AT_SYMLINK_NOFOLLOW)
	if !f.descriptor {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	var s unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, f.path, flags, int(r.args[3]), &s); err != nil {
		return toKernel
	}
	s.Uid, s.Gid = o.uid, o.gid
	if o.kind != 0 {
		s.Mode = s.Mode&^unix.S_IFMT | uint16(o.kind)
		s.Rdev_major, s.Rdev_minor = unix.Major(o.device), unix.Minor(o.device)
		s.Size, s.Blocks = 0, 0
	}
	return r.answerWith(0, r.args[4], bytesOf(&s))
}
