package tree

import (
	"golang.org/x/sys/unix"
)

// Usage returns what a tree takes on the disk, in bytes and files, beside another one that shares files with it. lower may be -1.
func Usage(lower, upper int) (size, files int64, err error) {
	u := &usage{seen: map[uint64]bool{}}
	err = u.directory(lower, upper)
	return u.size, u.files, err
}

// usage is a sum.
type usage struct {
	size, files int64
	seen        map[uint64]bool // files that may have several names
}

func (u *usage) directory(lower, upper int) error {
	entries, err := List(upper)
	if err != nil {
		return err
	}
	shared := map[string]uint64{}
	if lower >= 0 {
		others, err := List(lower)
		if err != nil {
			return err
		}
		for _, other := range others {
			shared[other.Name] = other.Ino
		}
	}
	for _, entry := range entries {
		if shared[entry.Name] == entry.Ino {
			continue
		}
		if err := u.entry(lower, upper, entry.Name); err != nil {
			return err
		}
	}
	return nil
}

func (u *usage) entry(lower, upper int, name string) error {
	info, err := Stat(upper, name)
	if err != nil || u.seen[info.Ino] {
		return err
	}
	u.seen[info.Ino] = true
	u.size += int64(info.Blocks) * 512 //nolint:gosec // blocks of a file on a disk
	u.files++
	if !info.IsDir() {
		return nil
	}
	return inDirectory(upper, name, func(sub int) error {
		below := -1
		if lower >= 0 {
			if below, err = Open(lower, name); err == nil {
				defer unix.Close(below)
			} else {
				below = -1 // it is no directory there
			}
		}
		return u.directory(below, sub)
	})
}
