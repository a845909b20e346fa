package mount

import (
	"errors"

	"golang.org/x/sys/unix"
)

// mountUserXattr is mountAt, with overlayfs told to keep its marks in attributes that a user namespace may write (user.overlay.*). Without,
// no directory of a lower layer can be deleted (EIO), and none that is new renamed (EXDEV), as dpkg does with each. Linux before 5.11
// does not know the option.
func mountUserXattr(chdir, source, target, fstype string, flags uintptr, data string) error {
	if fstype == "overlay" {
		if err := mountAt(chdir, source, target, fstype, flags, data+",userxattr"); !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	return mountAt(chdir, source, target, fstype, flags, data)
}
