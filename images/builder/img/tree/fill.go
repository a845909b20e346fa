package tree

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// Fill makes the directory hold the tree that from is the root of. A tree's files must never be written to, only replaced.
func (m *Mirror) Fill(ctx context.Context, from int) error {
	if err := m.fill(ctx, m.fd, m.root, from); err != nil {
		return err
	}
	return m.settle()
}

func (m *Mirror) fill(ctx context.Context, to int, n *node, from int) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	entries, err := List(from)
	if err != nil {
		return err
	}
	if err := m.removeOthers(to, n, entries); err != nil {
		return err
	}
	children := make([]*node, 0, len(entries))
	for _, entry := range entries {
		child := n.child(entry.Name)
		if child == nil || !child.foreign {
			if child, err = m.fillEntry(ctx, to, n, child, from, entry); err != nil {
				return err
			}
		}
		children = append(children, child)
	}
	n.children = merge(n.children, children)
	return m.finish(to, n, from)
}

// removeOthers removes what the tree does not have.
func (m *Mirror) removeOthers(dir int, n *node, entries []Entry) error {
	var others []*node
	for i, j := 0, 0; i < len(n.children); i++ {
		for j < len(entries) && entries[j].Name < n.children[i].name {
			j++
		}
		if (j == len(entries) || entries[j].Name != n.children[i].name) && !n.children[i].foreign {
			others = append(others, n.children[i])
		}
	}
	for _, other := range others {
		if err := m.remove(dir, n, other); err != nil {
			return err
		}
	}
	return nil
}

// merge adds those of the old children that lead to mount points and are not in the tree.
func merge(old, children []*node) []*node {
	n := &node{children: children}
	for _, child := range old {
		if _, found := n.find(child.name); !found {
			parent := child.parent
			n.put(child).parent = parent
			child.setExtra()
		}
	}
	return n.children
}

// setExtra marks the directories that lead to mount points.
func (n *node) setExtra() {
	n.extra = !n.foreign
	for _, child := range n.children {
		child.setExtra()
	}
}

// fillEntry makes one file equal to the tree's. have is what is in its place.
func (m *Mirror) fillEntry(ctx context.Context, to int, n, have *node, from int, entry Entry) (*node, error) {
	info, err := Stat(from, entry.Name)
	if err != nil {
		return nil, err
	}
	switch {
	case have == nil:
	case have.info.IsDir() && info.IsDir():
		have.extra = false
		return have, m.fillDirectory(ctx, to, have, from)
	case !info.IsDir() && have.source == info.ID():
		return have, nil
	case have.holdsMount():
		return nil, fmt.Errorf("%s: the container has a mount point where the image has none", have.path())
	default:
		if err := m.remove(to, n, have); err != nil {
			return nil, err
		}
	}
	child := &node{name: entry.Name, parent: n, source: info.ID()}
	if info.IsDir() {
		child.info.Mode = unix.S_IFDIR
		if err := unix.Mkdirat(to, entry.Name, 0o700); err != nil {
			return nil, wrap("create directory", entry.Name, err)
		}
		return child, m.fillDirectory(ctx, to, child, from)
	}
	if names := m.copies[child.source]; len(names) > 0 {
		err = wrap("link", entry.Name, unix.Linkat(m.fd, names[0].path(), to, entry.Name, 0))
	} else {
		err = CopyFile(to, entry.Name, from, entry.Name, info)
	}
	if err != nil {
		return nil, err
	}
	m.remember(child)
	child.info, err = Stat(to, entry.Name)
	return child, err
}

func (m *Mirror) fillDirectory(ctx context.Context, to int, n *node, from int) error {
	return inDirectory(to, n.name, func(target int) error {
		source, err := Open(from, n.name)
		if err != nil {
			return err
		}
		defer unix.Close(source)
		return m.fill(ctx, target, n, source)
	})
}

// finish gives a directory its attributes, after its content has come.
func (m *Mirror) finish(to int, n *node, from int) error {
	want, err := Stat(from, "")
	if err != nil {
		return err
	}
	have, err := Stat(to, "")
	if err != nil {
		return err
	}
	if !have.sameAttributes(want) {
		if err := setAttributes(to, "", want, nil); err != nil {
			return err
		}
	}
	if err := replaceXattrs(to, from); err != nil {
		return err
	}
	n.info, err = Stat(to, "")
	return err
}
