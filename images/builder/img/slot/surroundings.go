package slot

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// surroundings are what a build step finds in its container that is the container's own, does not come from an image, and can change.
type surroundings struct{ devices []device }

// device is an entry of /dev: a device that is no mount point, or a link.
type device struct {
	name, target string
	info         tree.Info
}

const devDir = "/dev"

// observe remembers what is in /dev when the container starts.
func observe() (*surroundings, error) {
	s := &surroundings{}
	err := inDirectory(devDir, func(dev int) error {
		entries, err := tree.List(dev)
		for _, entry := range entries {
			info, statErr := tree.Stat(dev, entry.Name)
			if err = errors.Join(err, statErr); err != nil {
				return err
			}
			d := device{name: entry.Name, info: info}
			if info.Type() == unix.S_IFLNK {
				if d.target, err = os.Readlink(devDir + "/" + entry.Name); err != nil {
					return err
				}
			}
			s.devices = append(s.devices, d)
		}
		return err
	})
	return s, err
}

// restore undoes what a build step has done to /dev.
func (s *surroundings) restore() error { return inDirectory(devDir, s.restoreDevices) }

func (s *surroundings) restoreDevices(dev int) error {
	entries, err := tree.List(dev)
	if err != nil {
		return err
	}
	known := map[string]device{}
	for _, d := range s.devices {
		known[d.name] = d
	}
	for _, entry := range entries {
		info, err := tree.Stat(dev, entry.Name)
		if err != nil {
			return err
		}
		if d, found := known[entry.Name]; found && d.same(info) {
			delete(known, entry.Name)
			continue
		}
		kept, err := tree.Remove(dev, entry.Name)
		if err != nil {
			return err
		}
		if kept {
			delete(known, entry.Name)
		}
	}
	for _, d := range known {
		if err := d.create(dev); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether the entry is what it was. Directories, such as that of the terminals, change all the time.
func (d device) same(now tree.Info) bool {
	if now.IsDir() {
		return d.info.IsDir()
	}
	return now.Unchanged(d.info)
}

func (d device) create(dev int) error {
	switch d.info.Type() {
	case unix.S_IFLNK:
		return unix.Symlinkat(d.target, dev, d.name)
	case unix.S_IFDIR:
		return unix.Mkdirat(dev, d.name, d.info.Mode&0o7777)
	}
	if err := unix.Mknodat(dev, d.name, d.info.Mode, int(d.info.Device)); err != nil {
		return &os.PathError{Op: "create device", Path: devDir + "/" + d.name, Err: err}
	}
	return errors.Join(unix.Fchownat(dev, d.name, int(d.info.UID), int(d.info.GID), unix.AT_SYMLINK_NOFOLLOW),
		unix.Fchmodat(dev, d.name, d.info.Mode&0o7777, 0))
}

// inDirectory calls with a directory open, if there is one.
func inDirectory(path string, call func(int) error) error {
	dir, err := tree.OpenPath(path)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return call(dir)
}

// oomKills is how many processes of the container the kernel has killed for want of memory, or 0 if it does not say.
func oomKills() int {
	for _, file := range []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			if count, found := strings.CutPrefix(line, "oom_kill "); found {
				n, _ := strconv.Atoi(strings.TrimSpace(count))
				return n
			}
		}
	}
	return 0
}
