package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

func fchown(r *request) verdict {
	f, err := r.opened(r.fd(0))
	if err != nil {
		return toKernel // which finds the same error
	}
	return r.chown(f, r.id32(1), r.id32(2))
}

func fchownat(r *request) verdict {
	f, err := r.fileAt(r.fd(0), r.args[1], r.flags(4))
	if err != nil {
		return toKernel // which finds the same error
	}
	return r.chown(f, r.id32(2), r.id32(3))
}

// chown calls the kernel's chown for its other effects: it clears set-ID bits, copies the file up to the layer, and reports errors.
func (r *request) chown(f file, uid, gid uint32) verdict {
	f, err := r.pin(f)
	if err != nil {
		return toKernel // which finds the same error
	}
	before, _ := r.ownerOf(f)
	if !r.ids.of(&r.caller).mayChown(before, uid, gid) {
		return verdict{errno: unix.EPERM}
	}
	flags := 0
	if !f.descriptor {
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
		r.setOwner(f, after)
	}
	return success
}

// mapped replaces every id by the only one that the kernel can map.
func mapped(id uint32) int {
	if id == same {
		return -1
	}
	return 0
}

func (i identity) mayChown(o owner, uid, gid uint32) bool {
	if i.uid[filesystemID] == 0 { // with another id the kernel takes CAP_CHOWN away
		return true
	}
	own := i.uid[filesystemID] == o.uid
	return own && (uid == same || uid == o.uid) && (gid == same || gid == o.gid || gid == i.gid[filesystemID] || slices.Contains(i.groups, gid))
}
