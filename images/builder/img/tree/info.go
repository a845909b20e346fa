// Package tree reads, copies, links and removes trees of files that somebody else has written. It works on descriptors of directories and on
// names in them, never on longer paths, and follows no symbolic link.
package tree

import (
	"golang.org/x/sys/unix"
)

// Time is a time stamp of a file. An int64 of nanoseconds could not hold every one.
type Time struct {
	Sec  int64
	Nsec uint32
}

// Info is what the kernel says about a file.
type Info struct {
	Mode, UID, GID uint32 // Mode has the type of the file, too
	Ino            uint64
	Size           int64
	Blocks         uint64 // of 512 bytes
	Links          uint32
	Device         uint64 // that the file stands for, if it is a device
	Mount          uint64 // id of the mount that the file is on
	Mtime, Ctime   Time
	Birth          Time
}

// mask is what Stat asks for.
const mask = unix.STATX_BASIC_STATS | unix.STATX_BTIME | unix.STATX_MNT_ID

// Stat returns the Info of a name in a directory. An empty name stands for the directory itself.
func Stat(dir int, name string) (Info, error) {
	var s unix.Statx_t
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	if err := retry(func() error { return unix.Statx(dir, name, flags, mask, &s) }); err != nil {
		return Info{}, wrap("stat", name, err)
	}
	return Info{
		Mode: uint32(s.Mode), UID: s.Uid, GID: s.Gid, Ino: s.Ino, Size: int64(s.Size), Blocks: s.Blocks, Links: s.Nlink,
		Device: unix.Mkdev(s.Rdev_major, s.Rdev_minor), Mount: s.Mnt_id,
		Mtime: stamp(s.Mtime), Ctime: stamp(s.Ctime), Birth: stamp(s.Btime),
	}, nil
}

func stamp(t unix.StatxTimestamp) Time { return Time{t.Sec, t.Nsec} }

// StatFile returns the Info of an open file.
func StatFile(fd int) (Info, error) { return Stat(fd, "") }

// Type is the type of the file, as in unix.S_IFMT.
func (i Info) Type() uint32 { return i.Mode & unix.S_IFMT }

// IsDir reports whether the file is a directory.
func (i Info) IsDir() bool { return i.Type() == unix.S_IFDIR }

// Unchanged reports whether nothing has been done to a file since its Info was was. Only the kernel sets the time of a change, so that nobody
// can hide one.
func (i Info) Unchanged(was Info) bool {
	return i.Ino == was.Ino && i.Ctime == was.Ctime && i.Mode == was.Mode && i.Size == was.Size && i.Mtime == was.Mtime
}

// sameAttributes reports whether mode, owner and time of the last write are equal.
func (i Info) sameAttributes(o Info) bool {
	return i.Mode == o.Mode && i.UID == o.UID && i.GID == o.GID && i.Mtime == o.Mtime
}

// ID names a file on one file system, for as long as the file system exists: the number alone is given to another file some day.
type ID struct {
	Ino   uint64
	Birth Time
}

// ID returns the file's.
func (i Info) ID() ID { return ID{i.Ino, i.Birth} }
