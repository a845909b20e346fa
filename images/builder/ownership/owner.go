package main

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// attribute holds a file's owner, as umoci and subuidless write it: a protocol buffer with the numbers of user and group as fields 1 and 2.
// What they do not know, and skip, is fields 3 and 4: the type and the number of a device, for which a plain file stands.
// https://github.com/rootless-containers/proto
const attribute = "user.rootlesscontainers"

// owner is what a file shows in place of what the kernel has. The zero value is root, of a file that is what it seems.
type owner struct {
	uid, gid uint32
	kind     uint32 // S_IFCHR or S_IFBLK
	device   uint64
}

func (o owner) encode() []byte {
	var out []byte
	for i, v := range []uint64{uint64(o.uid), uint64(o.gid), uint64(o.kind), o.device} {
		if v != 0 || i < 2 {
			out = append(out, byte(i+1)<<3)
			out = binary.AppendUvarint(out, v)
		}
	}
	return out
}

var errAttribute = errors.New("not an owner")

func decodeOwner(b []byte) (owner, error) {
	values := [5]uint64{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key&7 != 0 { // only numbers are known
			return owner{}, errAttribute
		}
		v, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return owner{}, errAttribute
		}
		if field := key >> 3; field < uint64(len(values)) {
			values[field] = v
		}
		b = b[n+m:]
	}
	o := owner{uint32(values[1]), uint32(values[2]), uint32(values[3]), values[4]}
	if uint64(o.uid) != values[1] || uint64(o.gid) != values[2] {
		return owner{}, errAttribute
	}
	if o.kind != unix.S_IFCHR && o.kind != unix.S_IFBLK {
		o.kind, o.device = 0, 0
	}
	return o, nil
}

// remembered returns a file's owner, and whether one is remembered. The thread stands where f is.
func (r *request) remembered(f file) (owner, bool) {
	buf := [64]byte{}
	get := unix.Getxattr
	if f.nofollow {
		get = unix.Lgetxattr
	}
	n, err := get(f.path, attribute, buf[:])
	if err == nil {
		o, err := decodeOwner(buf[:n])
		return o, err == nil
	}
	if takesNone(f) {
		return r.links.get(f.path)
	}
	return owner{}, false
}

// remember keeps a file's owner, or counts the file among those for which that can't be done.
func (r *request) remember(f file, o owner) {
	var err error
	switch {
	case takesNone(f):
		if err = r.links.set(f.path, o); err == nil && hardLinked(f.path) {
			err = unix.EMLINK // its other names show what they showed before
		}
	case o == owner{}:
		err = remove(f)
	default:
		set := unix.Setxattr
		if f.nofollow {
			set = unix.Lsetxattr
		}
		err = set(f.path, attribute, o.encode(), 0)
	}
	if err != nil && keepsOwners(f.path) {
		r.lost.add(r.absolute(f.path), o)
	}
}

func remove(f file) error {
	del := unix.Removexattr
	if f.nofollow {
		del = unix.Lremovexattr
	}
	err := del(f.path, attribute)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		return nil // there is none: a special file, or a file system without attributes
	}
	return err
}

// takesNone tells whether the kernel keeps attributes of a user's from a file: from a symbolic link, pipe, socket and device.
func takesNone(f file) bool {
	var s unix.Stat_t
	look := unix.Stat
	if f.nofollow {
		look = unix.Lstat
	}
	if look(f.path, &s) != nil {
		return false
	}
	return !takesAttributes(s.Mode)
}

func takesAttributes(mode uint32) bool {
	return mode&unix.S_IFMT == unix.S_IFREG || mode&unix.S_IFMT == unix.S_IFDIR
}

func hardLinked(path string) bool {
	var stat unix.Stat_t
	return unix.Lstat(path, &stat) == nil && stat.Nlink > 1
}

// keepsOwners tells whether an image can hold the file: pipes, terminals, /proc and the like are nobody's.
func keepsOwners(path string) bool {
	fs := unix.Statfs_t{}
	if unix.Statfs(path, &fs) != nil {
		return true
	}
	switch fs.Type {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.PIPEFS_MAGIC, unix.SOCKFS_MAGIC, unix.TMPFS_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.CGROUP_SUPER_MAGIC:
		return false
	}
	return true
}
