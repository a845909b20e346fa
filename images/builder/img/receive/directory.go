package receive

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// directory is a directory that the upload may fill. Links in it are followed, but never out of it.
type directory struct {
	name string // as in the upload, without a slash at its ends
	root *os.Root

	last  *os.File             // the directory that was used last: entries come in order
	path  string               // of last, in root
	times map[string]time.Time // of directories, to set once all that is below them is there
}

// openDirectory creates the directory if it is not there. name is absolute.
func openDirectory(name string) (*directory, error) {
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &directory{name: strings.Trim(path.Clean(name), "/"), root: root, times: map[string]time.Time{}}, nil
}

// within returns the path of an entry of the upload in the directory, or "" if it is elsewhere.
func (d *directory) within(name string) string {
	if name == d.name {
		return "."
	}
	rest, found := strings.CutPrefix(name, d.name+"/")
	if !found {
		return ""
	}
	return rest
}

// enter returns the descriptor of the directory of a path in d. It is valid until the next call.
func (d *directory) enter(file string) (int, error) {
	dir := path.Dir(file)
	if d.last == nil || d.path != dir {
		next, err := d.open(dir)
		if err != nil {
			return 0, err
		}
		d.leave()
		d.last, d.path = next, dir
	}
	return int(d.last.Fd()), nil
}

// open creates a directory that is not there.
func (d *directory) open(dir string) (*os.File, error) {
	opened, err := d.root.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return opened, err
	}
	if err := d.root.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return d.root.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

// leave forgets the directory that was used last.
func (d *directory) leave() {
	if d.last != nil {
		_ = d.last.Close() // nothing was written through it
		d.last = nil
	}
}

// place calls create, which makes an entry that must not be there yet, and removes what is in its place. create gets the descriptor of a
// directory and a name in it.
func (d *directory) place(file string, create func(dir int, name string) error) error {
	if file == "." {
		return errors.New("it is the directory of the upload")
	}
	for removed := false; ; removed = true {
		dir, err := d.enter(file)
		if err != nil {
			return err
		}
		name := path.Base(file)
		if err = create(dir, name); removed || !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := remove(dir, name); err != nil {
			return err
		}
		d.forget(file)
	}
}

// remove removes a file or an empty directory, as tar does.
func remove(dir int, name string) error {
	err := unix.Unlinkat(dir, name, 0)
	if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EPERM) {
		err = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	}
	if err != nil {
		return fmt.Errorf("remove what was there: %w", err)
	}
	return nil
}

// forget forgets a directory that has been removed.
func (d *directory) forget(file string) {
	d.leave()
	delete(d.times, file)
}

// setTimes sets the times of the directories.
func (d *directory) setTimes() error {
	for _, file := range slices.Sorted(maps.Keys(d.times)) {
		dir, err := d.enter(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			continue // it was created through a link that is gone
		}
		if err != nil {
			return err
		}
		if err := setTime(dir, path.Base(file), d.times[file]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setTime follows no link.
func setTime(dir int, name string, t time.Time) error {
	stamp, err := unix.TimeToTimespec(t)
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{{Nsec: unix.UTIME_OMIT}, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}

func (d *directory) close() {
	d.leave()
	_ = d.root.Close() // nothing was written through it
}
