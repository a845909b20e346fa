package main

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// attribute is the extended attribute that holds a file's owner. umoci and subuidless write the same one: a protocol buffer with the user's
// and the group's number as fields 1 and 2. Fields 3 and 4 are ours, and others skip them: the type and number of the device that a plain
// file stands for.
// https://github.com/rootless-containers/proto
const attribute = "user.rootlesscontainers"

// owner is the owner that a file shows. The zero value is root, and a file that is no device.
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
		if n <= 0 || key&7 != 0 { // the attribute holds only numbers
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

// here is this thread's working directory.
var here = file{path: ".", plain: true}

func remove(f file) error {
	del := unix.Lremovexattr
	if f.descriptor {
		del = unix.Removexattr
	}
	err := del(f.path, attribute)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		return nil // the file has no owner to remove: it is a special file, or its file system has no attributes
	}
	return err
}

// lacksAttributes tells whether the kernel allows no user attributes on a file: on a symbolic link, a pipe, a socket and a device.
func lacksAttributes(f file) bool {
	var s unix.Stat_t
	return f.stat(&s) == nil && !isPlain(s.Mode)
}

func (f file) stat(s *unix.Stat_t) error {
	if f.known != nil {
		*s = *f.known
		return nil
	}
	if f.descriptor {
		return unix.Stat(f.path, s)
	}
	return unix.Lstat(f.path, s)
}

func hardLinked(path string) bool {
	var stat unix.Stat_t
	return unix.Lstat(path, &stat) == nil && stat.Nlink > 1
}

// canBeInImage tells whether a file's owner matters: pipes, terminals, files in /proc and the like are never part of an image.
func canBeInImage(path string) bool {
	fs := unix.Statfs_t{}
	if unix.Statfs(path, &fs) != nil {
		return true
	}
	switch fs.Type {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.PIPEFS_MAGIC, unix.SOCKFS_MAGIC, unix.TMPFS_MAGIC,
		unix.CGROUP2_SUPER_MAGIC, unix.CGROUP_SUPER_MAGIC:
		return false
	}
	return true
}
