package tree

import (
	"errors"

	"golang.org/x/sys/unix"
)

// temporary is a name that no tree has for longer than a moment.
const temporary = ".kubectl-img-temporary"

// Link makes a copy of a tree in an empty directory that has the tree's own files, by hard links, and directories of its own. It is for trees
// whose files are never written to, only replaced.
func Link(to, from int) error {
	entries, err := List(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := linkEntry(to, from, entry); err != nil {
			return err
		}
	}
	return copyDirectory(to, from)
}

func linkEntry(to, from int, entry Entry) error {
	if entry.Type != unix.S_IFDIR {
		err := retry(func() error { return unix.Linkat(from, entry.Name, to, entry.Name, 0) })
		if err == nil {
			return nil
		}
		info, statErr := Stat(from, entry.Name)
		if statErr != nil {
			return statErr
		}
		if !info.IsDir() {
			if errors.Is(err, unix.EMLINK) { // the file has as many names as it can have
				return CopyFile(to, entry.Name, from, entry.Name, info)
			}
			return wrap("link", entry.Name, err)
		}
	}
	return inDirectories(to, from, entry.Name, Link)
}

// inDirectories makes a directory that another one has, too, and calls with both of them open.
func inDirectories(to, from int, name string, call func(to, from int) error) error {
	if err := unix.Mkdirat(to, name, 0o700); err != nil {
		return wrap("create directory", name, err)
	}
	source, err := Open(from, name)
	if err != nil {
		return err
	}
	defer unix.Close(source)
	target, err := Open(to, name)
	if err != nil {
		return err
	}
	defer unix.Close(target)
	return within(name, call(target, source))
}

// copyDirectory gives a directory the attributes of another one.
func copyDirectory(to, from int) error {
	info, err := Stat(from, "")
	if err != nil {
		return err
	}
	xattrs, err := xattrsOf(from, "")
	if err != nil {
		return err
	}
	return setAttributes(to, "", info, xattrs)
}

// Detach replaces a file that has other names by a copy that has this name only.
func Detach(dir int, name string, info Info) (Info, error) {
	if err := CopyFile(dir, temporary, dir, name, info); err != nil {
		return Info{}, err
	}
	if err := unix.Renameat(dir, temporary, dir, name); err != nil {
		return Info{}, wrap("rename", name, err)
	}
	return Stat(dir, name)
}
