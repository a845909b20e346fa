package steps

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// place puts the content of the step's mounts into the slot. Those in a directory of another mount come after it.
func (r *room) place(s *step) (guests, error) {
	var placed guests
	for _, src := range s.mounts {
		g := &guest{source: src, held: -1}
		placed = append(placed, g)
		if err := r.placeOne(s.ctx, g); err != nil {
			return placed, fmt.Errorf("mount %s: %w", src.dest, err)
		}
	}
	return placed, nil
}

func (r *room) placeOne(ctx context.Context, g *guest) (err error) {
	root := r.slot.Root()
	if g.place, err = tree.Resolve(root, g.dest, nil); err != nil {
		return err
	}
	if g.place.Name == "" {
		return errors.New("it is the root directory")
	}
	before, err := tree.Stat(g.place.Dir, g.place.Name)
	g.existed = err == nil
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	if g.temporary {
		err = g.putDirectory(before, func(int) error { return nil })
	} else {
		err = g.put(ctx, before)
	}
	if err != nil {
		return err
	}
	info, err := tree.Stat(g.place.Dir, g.place.Name)
	if err != nil {
		return err
	}
	whole, err := tree.Stat(root, "")
	g.id, g.sameDisk = info.ID(), info.Mount == whole.Mount
	return err
}

// put puts a file or directory of ours into the slot.
func (g *guest) put(ctx context.Context, before tree.Info) error {
	return inDirectory(path.Dir(g.path), func(parent int) error {
		name := path.Base(g.path)
		info, err := tree.Stat(parent, name)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			return g.putDirectory(before, func(int) error {
				return inDirectory(g.path, func(from int) error { return g.mirror.Fill(ctx, from) })
			})
		case g.existed && before.IsDir():
			return errors.New("a file can't be mounted over a directory")
		}
		keep := g.existed
		if keep {
			if err := tree.RemoveKeepTime(g.place.Dir, g.place.Name); err != nil {
				return err
			}
		}
		return tree.KeepTime(g.place.Dir, keep, func() error {
			if info.Type() == unix.S_IFSOCK {
				return g.listen(info)
			}
			if err := tree.CopyFile(g.place.Dir, g.place.Name, parent, name, info); err != nil {
				return err
			}
			g.held, err = unix.Openat(g.place.Dir, g.place.Name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
			return err
		})
	})
}

// putDirectory uses the directory that is there, whose time stays that of the image then, or makes one.
func (g *guest) putDirectory(before tree.Info, fill func(int) error) error {
	if g.existed && !before.IsDir() {
		return errors.New("a directory can't be mounted over a file")
	}
	if !g.existed {
		if err := unix.Mkdirat(g.place.Dir, g.place.Name, 0o755); err != nil {
			return err
		}
	}
	var err error
	if g.held, err = tree.Open(g.place.Dir, g.place.Name); err != nil {
		return err
	}
	if _, err := tree.Empty(g.held); err != nil {
		return err
	}
	if g.temporary {
		return unix.Fchmod(g.held, 0o1777)
	}
	if g.mirror, err = tree.NewMirror(g.held); err != nil {
		return err
	}
	return fill(g.held)
}

// undo brings back what the step has written to its mounts, and removes them, the last one first. It returns what is not part of the step's root
// file system, wherever the step has put it.
func (placed guests) undo(s *step, ran bool) (tree.Skip, error) {
	skip := tree.NewSkip()
	var errs []error
	for _, g := range slices.Backward(placed) {
		if g.id == (tree.ID{}) && g.held < 0 { // it was not put there
			continue
		}
		if ran && g.mirror != nil && !g.readonly {
			errs = append(errs, inDirectory(g.path, func(dir int) error { return g.mirror.Collect(context.WithoutCancel(s.ctx), dir, placed.inside(g)) }))
		}
		errs = append(errs, g.remove())
		if g.sameDisk {
			skip.Files[g.id] = true
		}
		skip.Add(g.place.Path)
	}
	for _, g := range placed {
		g.close()
	}
	return skip, errors.Join(errs...)
}

// inside is what other mounts have put into this one.
func (placed guests) inside(outer *guest) tree.Skip {
	skip := tree.NewSkip()
	for _, g := range placed {
		if rest, found := strings.CutPrefix(g.place.Path, outer.place.Path+"/"); found {
			skip.Add(rest)
		}
		if g != outer {
			skip.Files[g.id] = true
		}
	}
	return skip
}

// remove removes the mount's content from where it was put.
func (g *guest) remove() error {
	if g.listener != nil {
		_ = g.listener.Close()
	}
	if g.held >= 0 && (g.mirror != nil || g.temporary) {
		if _, err := tree.Empty(g.held); err != nil {
			return err
		}
	}
	return tree.RemoveKeepTime(g.place.Dir, g.place.Name)
}

func (g *guest) close() {
	if g.held >= 0 {
		_ = unix.Close(g.held)
	}
	if g.place.Dir > 0 {
		g.place.Close()
	}
}
