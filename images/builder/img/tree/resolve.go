package tree

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many symbolic links a path may lead through, as in the kernel.
const maxLinks = 40

// Place is a name in a directory.
type Place struct {
	Dir  int    // open, the caller closes it
	Name string // "" if the place is the root itself
	Path string // from the root, without symbolic links
}

// Close closes the directory.
func (p Place) Close() { _ = unix.Close(p.Dir) }

// Resolve follows a path with its symbolic links, none of which leads out of root. It creates the directories that are missing, but not what the
// path itself stands for, and calls made with each.
func Resolve(root int, path string, made func(dir int, name string) error) (Place, error) {
	r := &resolver{root: root, made: made, rest: components(path)}
	defer r.close()
	if err := r.enter("."); err != nil {
		return Place{}, err
	}
	for len(r.rest) > 0 {
		name := r.rest[0]
		r.rest = r.rest[1:]
		if err := r.step(name); err != nil {
			return Place{}, err
		}
	}
	name := ""
	full := strings.Join(r.names, "/")
	if r.last != "" {
		name, full = r.last, strings.TrimPrefix(full+"/"+r.last, "/")
	}
	dir, err := Open(r.dirs[len(r.dirs)-1], ".")
	return Place{dir, name, full}, err
}

type resolver struct {
	root  int
	dirs  []int // open directories from the root to where we are
	names []string
	last  string // the path's last name, below where we are
	rest  []string
	links int
	made  func(dir int, name string) error
}

func components(path string) []string {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

func (r *resolver) close() {
	for _, dir := range r.dirs {
		_ = unix.Close(dir)
	}
	r.dirs, r.names = nil, nil
}

func (r *resolver) enter(name string) error {
	from := r.root
	if len(r.dirs) > 0 {
		from = r.dirs[len(r.dirs)-1]
		r.names = append(r.names, name)
	}
	dir, err := Open(from, name)
	if err == nil {
		r.dirs = append(r.dirs, dir)
	}
	return err
}

func (r *resolver) step(name string) error {
	here := r.dirs[len(r.dirs)-1]
	if name == ".." {
		if len(r.dirs) > 1 {
			_ = unix.Close(here)
			r.dirs, r.names = r.dirs[:len(r.dirs)-1], r.names[:len(r.names)-1]
		}
		return nil
	}
	info, err := Stat(here, name)
	switch {
	case errors.Is(err, unix.ENOENT) && len(r.rest) == 0:
		r.last = name
		return nil
	case errors.Is(err, unix.ENOENT):
		if err := unix.Mkdirat(here, name, 0o755); err != nil {
			return wrap("create directory", name, err)
		}
		if r.made != nil {
			if err := r.made(here, name); err != nil {
				return err
			}
		}
		return r.enter(name)
	case err != nil:
		return err
	case info.Type() == unix.S_IFLNK:
		return r.follow(here, name)
	case len(r.rest) == 0:
		r.last = name
		return nil
	}
	return r.enter(name)
}

func (r *resolver) follow(dir int, name string) error {
	if r.links++; r.links > maxLinks {
		return wrap("open", name, unix.ELOOP)
	}
	target, err := readlink(dir, name)
	if err != nil {
		return err
	}
	r.rest = append(components(target), r.rest...)
	if !strings.HasPrefix(target, "/") {
		return nil
	}
	r.close()
	return r.enter(".")
}
