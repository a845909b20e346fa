package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

// same, as a number of a user or group, leaves it as it is.
const same = ^uint32(0)

func fchown(r *request) verdict {
	f, err := r.opened(r.fd(0))
	if err != nil {
		return leave // the kernel finds the same, and says it better
	}
	return r.chown(f, r.id32(1), r.id32(2))
}

func fchownat(r *request) verdict {
	f, err := r.fileAt(r.fd(0), r.args[1], r.flags(4))
	if err != nil {
		return leave // the kernel finds the same, and says it better
	}
	return r.chown(f, r.id32(2), r.id32(3))
}

// chown has the kernel do all that it does besides: clear the set-id bits, copy the file up to the layer, say what is wrong.
func (r *request) chown(f file, uid, gid uint32) verdict {
	before, _ := r.remembered(f)
	if !r.ids.of(r).mayChown(before, uid, gid) {
		return verdict{errno: unix.EPERM}
	}
	flags := 0
	if f.nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	if err := unix.Fchownat(unix.AT_FDCWD, f.path, mapped(uid), mapped(gid), flags); err != nil {
		return failed(err)
	}
	after := before
	if uid != same {
		after.uid = uid
	}
	if gid != same {
		after.gid = gid
	}
	if after != before {
		r.remember(f, after)
	}
	return done
}

// mapped is the one id that the kernel has for all.
func mapped(id uint32) int {
	if id == same {
		return -1
	}
	return 0
}

func (i identity) mayChown(o owner, uid, gid uint32) bool {
	if i.uid[filesystem] == 0 { // as the kernel takes CAP_CHOWN away with the id
		return true
	}
	own := i.uid[filesystem] == o.uid
	return own && (uid == same || uid == o.uid) && (gid == same || gid == o.gid || gid == i.gid[filesystem] || slices.Contains(i.groups, gid))
}
