package tree

import (
	"golang.org/x/sys/unix"
)

// Kind is what has become of a name.
type Kind int

// A name was added, its file replaced or its directory's attributes changed, or it was removed.
const (
	Added Kind = iota
	Modified
	Removed
)

// Changes calls for each name in which upper differs from lower, a directory before its content, in the order of names. A file that both have as
// the same file has not changed. lower may be -1, for a tree with nothing in it.
func Changes(lower, upper int, call func(kind Kind, path string) error) error {
	return changes(lower, upper, "", call)
}

func changes(lower, upper int, path string, call func(Kind, string) error) error {
	now, err := List(upper)
	if err != nil {
		return err
	}
	var before []Entry
	if lower >= 0 {
		if before, err = List(lower); err != nil {
			return err
		}
	}
	for len(now) > 0 || len(before) > 0 {
		switch {
		case len(now) == 0 || len(before) > 0 && before[0].Name < now[0].Name:
			err = call(Removed, path+"/"+before[0].Name)
			before = before[1:]
		case len(before) == 0 || now[0].Name < before[0].Name:
			err = added(Added, upper, now[0].Name, path, call)
			now = now[1:]
		default:
			if now[0].Ino != before[0].Ino {
				err = modified(lower, upper, now[0].Name, path, call)
			}
			now, before = now[1:], before[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// added calls for a name that the lower tree does not have, or not as a directory, and for all that is below it.
func added(kind Kind, upper int, name, path string, call func(Kind, string) error) error {
	if err := call(kind, path+"/"+name); err != nil {
		return err
	}
	info, err := Stat(upper, name)
	if err != nil || !info.IsDir() {
		return err
	}
	return inDirectory(upper, name, func(sub int) error { return changes(-1, sub, path+"/"+name, call) })
}

func modified(lower, upper int, name, path string, call func(Kind, string) error) error {
	before, err := Stat(lower, name)
	if err != nil {
		return err
	}
	now, err := Stat(upper, name)
	switch {
	case err != nil:
		return err
	case !now.IsDir():
		if equal, err := Equal(lower, upper, name); err != nil || equal {
			return err
		}
		return call(Modified, path+"/"+name)
	case !before.IsDir():
		return added(Modified, upper, name, path, call)
	}
	return inDirectory(lower, name, func(from int) error {
		to, err := Open(upper, name)
		if err != nil {
			return err
		}
		defer unix.Close(to)
		same, err := SameDirectory(from, to)
		if err == nil && !same {
			err = call(Modified, path+"/"+name)
		}
		if err != nil {
			return err
		}
		return changes(from, to, path+"/"+name, call)
	})
}
