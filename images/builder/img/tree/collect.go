package tree

import (
	"context"

	"golang.org/x/sys/unix"
)

// Collect looks for what has changed in the directory since it was filled, and does the same to the tree that to is the root of: the one that the
// directory was filled with, or a linked copy of it. The tree's files are replaced, never written to. What is to be skipped is removed from the
// directory, and stays in the tree.
func (m *Mirror) Collect(ctx context.Context, to int, skip Skip) error {
	c := &collector{Mirror: m, ctx: ctx, to: to, skip: skip, placed: map[uint64]*node{}}
	if err := c.directory(m.fd, m.root, to, ""); err != nil {
		return err
	}
	if err := c.unite(m.root, c.united()); err != nil {
		return err
	}
	return m.settle()
}

// directory brings one directory's changes to the tree.
func (c *collector) directory(from int, n *node, to int, path string) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	entries, err := List(from)
	if err != nil {
		return err
	}
	changed := false
	children := make([]*node, 0, len(entries))
	for _, entry := range entries {
		have := n.child(entry.Name)
		child, differs, err := c.entry(from, n, have, to, path, entry.Name)
		if err != nil {
			return err
		}
		if child != nil {
			children = append(children, child)
		}
		changed = changed || differs
	}
	gone, err := c.removeGone(n, children, to)
	if err != nil {
		return err
	}
	n.children = children
	return c.attributes(from, n, to, changed || gone)
}

// removeGone removes from the tree what is no longer in the directory.
func (c *collector) removeGone(n *node, children []*node, to int) (changed bool, err error) {
	now := &node{children: children}
	for _, child := range n.children {
		if now.child(child.name) != nil {
			continue
		}
		c.forget(child)
		if c.skipped(n.path(), child.name, Info{}) {
			continue
		}
		if _, err := Remove(to, child.name); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

func (c *collector) skipped(path, name string, info Info) bool {
	return c.skip.Names[path][name] || c.skip.Files[info.ID()]
}

// entry brings one file to the tree, if it has changed. have is what was in its place.
func (c *collector) entry(from int, n, have *node, to int, path, name string) (child *node, changed bool, err error) {
	info, err := Stat(from, name)
	if err != nil {
		return nil, false, err
	}
	switch {
	case info.Mount != c.mount:
		if have == nil {
			have = &node{name: name, parent: n, info: info, foreign: true}
		}
		return have, false, nil
	case c.skipped(path, name, info):
		if have != nil {
			c.forget(have)
		}
		return nil, false, RemoveKeepTime(from, name)
	case have != nil && have.extra:
		if used, err := c.used(from, have); err != nil || !used {
			return have, false, err
		}
		have.extra = false
		if err := unix.Mkdirat(to, name, 0o700); err != nil {
			return nil, false, wrap("create directory", name, err)
		}
		have.info.Ctime = Time{} // so that its attributes are set
	case have != nil && !info.IsDir() && info.Unchanged(have.info):
		return have, false, nil
	}
	if info.IsDir() {
		return c.subdirectory(from, n, have, to, path, name)
	}
	if have != nil {
		c.forget(have)
	}
	child = &node{name: name, parent: n, info: info}
	return child, true, c.place(from, child, to)
}

// used reports whether a directory that was there for mount points alone has got other files.
func (c *collector) used(from int, n *node) (used bool, err error) {
	return used, inDirectory(from, n.name, func(sub int) error {
		entries, err := List(sub)
		for _, entry := range entries {
			child := n.child(entry.Name)
			if child == nil {
				used = true
			} else if child.extra && !used && err == nil {
				used, err = c.used(sub, child)
			}
		}
		return err
	})
}

func (c *collector) subdirectory(from int, n, have *node, to int, path, name string) (child *node, changed bool, err error) {
	child = have
	if have == nil || !have.info.IsDir() {
		if have != nil {
			c.forget(have)
		}
		child, changed = &node{name: name, parent: n}, true
		child.info.Mode = unix.S_IFDIR
		if _, err := Remove(to, name); err != nil {
			return nil, false, err
		}
		if err := unix.Mkdirat(to, name, 0o700); err != nil {
			return nil, false, wrap("create directory", name, err)
		}
	}
	if path != "" {
		path += "/"
	}
	err = inDirectory(from, name, func(source int) error {
		target, err := Open(to, name)
		if err != nil {
			return err
		}
		defer unix.Close(target)
		return c.directory(source, child, target, path+name)
	})
	return child, changed, err
}

// place replaces a file of the tree.
func (c *collector) place(from int, n *node, to int) error {
	if _, err := Remove(to, n.name); err != nil {
		return err
	}
	var err error
	if first := c.placed[n.info.Ino]; first != nil {
		err = wrap("link", n.name, unix.Linkat(c.to, first.path(), to, n.name, 0))
	} else {
		c.placed[n.info.Ino] = n
		err = CopyFile(to, n.name, from, n.name, n.info)
	}
	if err != nil {
		return err
	}
	copied, err := Stat(to, n.name)
	n.source = copied.ID()
	c.copies[n.source] = append(c.copies[n.source], n)
	return err
}

// attributes brings a directory's attributes to the tree, where a change of its content has changed the time, too.
func (c *collector) attributes(from int, n *node, to int, changed bool) error {
	info, err := Stat(from, "")
	if err != nil || !changed && info.Unchanged(n.info) {
		return err
	}
	n.info = info
	if err := replaceXattrs(to, from); err != nil {
		return err
	}
	return setAttributes(to, "", info, nil)
}
