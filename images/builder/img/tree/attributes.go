package tree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// setAttributes gives a name in a directory an owner, mode, extended attributes and time of the last write. An empty name stands for the open
// file itself.
func setAttributes(dir int, name string, info Info, xattrs []xattr) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if name == "" {
		flags = unix.AT_EMPTY_PATH
	}
	if err := retry(func() error { return unix.Fchownat(dir, name, int(info.UID), int(info.GID), flags) }); err != nil {
		return wrap("chown", name, err)
	}
	// A change of the owner clears the set-ID bits and the file's capabilities, so those come later.
	if err := chmod(dir, name, info); err != nil {
		return wrap("chmod", name, err)
	}
	if err := setXattrs(dir, name, xattrs); err != nil {
		return err
	}
	return setTime(dir, name, info.Mtime)
}

func setTime(dir int, name string, mtime Time) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if name == "" {
		flags = unix.AT_EMPTY_PATH
	}
	times := []unix.Timespec{{Sec: mtime.Sec, Nsec: int64(mtime.Nsec)}, {Sec: mtime.Sec, Nsec: int64(mtime.Nsec)}}
	return wrap("set time of", name, retry(func() error { return unix.UtimesNanoAt(dir, name, times, flags) }))
}

func chmod(dir int, name string, info Info) error {
	switch {
	case info.Type() == unix.S_IFLNK: // it has none
		return nil
	case name == "":
		return retry(func() error { return unix.Fchmod(dir, info.Mode&0o7777) })
	}
	return retry(func() error { return unix.Fchmodat(dir, name, info.Mode&0o7777, 0) })
}

type xattr struct {
	name  string
	value []byte
}

// pathOf is the path of a name in a directory, for the calls that take no descriptor of a directory.
func pathOf(dir int, name string) string { return fmt.Sprintf("/proc/self/fd/%d/%s", dir, name) }

// xattrsOf reads all extended attributes of a name in a directory that are the file's own: the labels of SELinux are the node's.
func xattrsOf(dir int, name string) ([]xattr, error) {
	names, err := read(func(buffer []byte) (int, error) {
		if name == "" {
			return unix.Flistxattr(dir, buffer)
		}
		return unix.Llistxattr(pathOf(dir, name), buffer)
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap("list extended attributes of", name, err)
	}
	var xattrs []xattr
	for attr := range strings.SplitSeq(string(names), "\x00") {
		if attr == "" || attr == "security.selinux" || strings.HasPrefix(attr, "trusted.") {
			continue
		}
		value, err := read(func(buffer []byte) (int, error) {
			if name == "" {
				return unix.Fgetxattr(dir, attr, buffer)
			}
			return unix.Lgetxattr(pathOf(dir, name), attr, buffer)
		})
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return nil, wrap("read extended attribute "+attr+" of", name, err)
		}
		xattrs = append(xattrs, xattr{attr, value})
	}
	slices.SortFunc(xattrs, func(a, b xattr) int { return strings.Compare(a.name, b.name) })
	return xattrs, nil
}

// read calls with a buffer that is large enough.
func read(call func([]byte) (int, error)) ([]byte, error) {
	var small [256]byte
	n, err := call(small[:])
	for errors.Is(err, unix.ERANGE) || errors.Is(err, unix.E2BIG) {
		if n, err = call(nil); err != nil {
			return nil, err
		}
		large := make([]byte, n+1)
		if n, err = call(large); err == nil {
			return large[:n], nil
		}
	}
	if err != nil {
		return nil, err
	}
	return bytes.Clone(small[:n]), nil
}

func setXattrs(dir int, name string, xattrs []xattr) error {
	for _, x := range xattrs {
		var err error
		if name == "" {
			err = unix.Fsetxattr(dir, x.name, x.value, 0)
		} else {
			err = unix.Lsetxattr(pathOf(dir, name), x.name, x.value, 0)
		}
		if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return wrap("set extended attribute "+x.name+" of", name, err)
		}
	}
	return nil
}

// replaceXattrs makes a directory's extended attributes equal to those of another one.
func replaceXattrs(to, from int) error {
	want, err := xattrsOf(from, "")
	if err != nil {
		return err
	}
	have, err := xattrsOf(to, "")
	if err != nil {
		return err
	}
	for _, x := range have {
		if slices.ContainsFunc(want, func(w xattr) bool { return w.name == x.name }) {
			continue
		}
		if err := unix.Fremovexattr(to, x.name); err != nil {
			return wrap("remove extended attribute "+x.name, "", err)
		}
	}
	return setXattrs(to, "", want)
}
