package tree

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Remove removes a name with all that is below it. What is on another mount stays, with the directories that lead there; kept tells whether
// something has stayed.
func Remove(dir int, name string) (kept bool, err error) {
	err = retry(func() error { return unix.Unlinkat(dir, name, 0) })
	switch {
	case err == nil, errors.Is(err, unix.ENOENT):
		return false, nil
	case errors.Is(err, unix.EBUSY): // a mount point
		return true, nil
	case !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM):
		return false, wrap("remove", name, err)
	}
	parent, err := Stat(dir, "")
	if err != nil {
		return false, err
	}
	sub, err := Open(dir, name)
	if err != nil {
		return false, err
	}
	defer unix.Close(sub)
	info, err := Stat(sub, "")
	if err != nil {
		return false, err
	}
	if info.Mount != parent.Mount {
		return true, nil
	}
	if kept, err = Empty(sub); kept || err != nil {
		return kept, within(name, err)
	}
	err = retry(func() error { return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR) })
	if errors.Is(err, unix.EBUSY) {
		return true, nil
	}
	return false, wrap("remove", name, err)
}

// RemoveKeepTime removes a name as Remove does, and leaves the time of the directory's last change as it is.
func RemoveKeepTime(dir int, name string) error {
	return KeepTime(dir, true, func() error {
		_, err := Remove(dir, name)
		return err
	})
}

// Empty removes all that is in a directory, as Remove does.
func Empty(dir int) (kept bool, err error) {
	entries, err := List(dir)
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		stayed, err := Remove(dir, entry.Name)
		if err != nil {
			return kept, err
		}
		kept = kept || stayed
	}
	return kept, nil
}

// KeepTime calls, and puts the time of a directory's last change back if it is to be kept.
func KeepTime(dir int, keep bool, call func() error) error {
	info, err := Stat(dir, "")
	if err != nil {
		return err
	}
	if err := call(); err != nil || !keep {
		return err
	}
	return setTime(dir, "", info.Mtime)
}
