package tree

import (
	"golang.org/x/sys/unix"
)

// A directory that was moved is a new one to the collector, and its files are brought to the tree again. Where one of them has another name elsewhere,
// which has not changed, that name must become one of the same file again.

// united are the files that were brought to the tree and have several names in the directory, by their number there.
func (c *collector) united() map[uint64]*node {
	files := map[uint64]*node{}
	for number, n := range c.placed {
		if n.info.Links > 1 {
			files[number] = n
		}
	}
	return files
}

func (c *collector) unite(n *node, files map[uint64]*node) error {
	if len(files) == 0 {
		return nil
	}
	for _, child := range n.children {
		file := files[child.info.Ino]
		var err error
		switch {
		case child.foreign:
		case child.info.IsDir():
			err = c.unite(child, files)
		case file != nil && child.source != file.source:
			err = c.relink(child, file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// relink makes a name in the tree one of another file.
func (c *collector) relink(n, file *node) error {
	dir := "."
	if n.parent != c.root {
		dir = n.parent.path()
	}
	parent, err := Open(c.to, dir)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	c.forget(n)
	n.source = file.source
	c.copies[n.source] = append(c.copies[n.source], n)
	return KeepTime(parent, true, func() error {
		if _, err := Remove(parent, n.name); err != nil {
			return err
		}
		return wrap("link", n.name, unix.Linkat(c.to, file.path(), parent, n.name, 0))
	})
}
