package tree

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Mirror is a directory that is filled with one tree after the other, and what it holds. Only those parts of a tree are copied that the
// directory does not hold already. What other mounts have put into the directory stays out of the trees.
type Mirror struct {
	fd    int
	mount uint64
	root  *node
	// copies has the names in the directory of each file that was copied, for hard links.
	copies map[ID][]*node
	// relinked are those of copies that got or lost a name, which changes the time of the last change of them all.
	relinked map[ID]bool
}

// node is a file in the directory.
type node struct {
	name     string
	parent   *node
	info     Info    // as it was when the node was made or copied back
	source   ID      // of the tree's file with the same content and attributes
	foreign  bool    // a mount point
	extra    bool    // a directory that is there for a mount point alone, and not in the tree
	children []*node // sorted by name
}

// NewMirror looks at what a directory holds. The descriptor must be open for reading, and stays the caller's.
func NewMirror(fd int) (*Mirror, error) {
	m := &Mirror{fd: fd, copies: map[ID][]*node{}, relinked: map[ID]bool{}}
	info, err := Stat(fd, "")
	if err != nil {
		return nil, err
	}
	m.mount, m.root = info.Mount, &node{info: info}
	return m, m.scan(fd, m.root)
}

func (m *Mirror) scan(dir int, n *node) error {
	entries, err := List(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := Stat(dir, entry.Name)
		if err != nil {
			return err
		}
		child := &node{name: entry.Name, parent: n, info: info, foreign: info.Mount != m.mount}
		n.children = append(n.children, child)
		if !info.IsDir() || child.foreign {
			continue
		}
		if err := inDirectory(dir, entry.Name, func(sub int) error { return m.scan(sub, child) }); err != nil {
			return err
		}
	}
	return nil
}

// inDirectory calls with a directory open.
func inDirectory(dir int, name string, call func(sub int) error) error {
	sub, err := Open(dir, name)
	if err != nil {
		return err
	}
	defer unix.Close(sub)
	return within(name, call(sub))
}

func (n *node) child(name string) *node {
	if i, found := n.find(name); found {
		return n.children[i]
	}
	return nil
}

func (n *node) find(name string) (int, bool) {
	return slices.BinarySearchFunc(n.children, name, func(c *node, name string) int { return strings.Compare(c.name, name) })
}

// put adds a child, or replaces the one of the same name.
func (n *node) put(child *node) *node {
	child.parent = n
	if i, found := n.find(child.name); found {
		n.children[i] = child
	} else {
		n.children = slices.Insert(n.children, i, child)
	}
	return child
}

// path is the file's, from the directory of the mirror.
func (n *node) path() string {
	if n.parent == nil || n.parent.parent == nil {
		return n.name
	}
	return n.parent.path() + "/" + n.name
}

// holdsMount reports whether the node is a mount point or has one below it.
func (n *node) holdsMount() bool {
	return n.foreign || slices.ContainsFunc(n.children, (*node).holdsMount)
}

// remember adds a node to those of the file that it was copied from.
func (m *Mirror) remember(n *node) {
	m.copies[n.source] = append(m.copies[n.source], n)
	if len(m.copies[n.source]) > 1 {
		m.relinked[n.source] = true
	}
}

// forget takes a node's files out of copies.
func (m *Mirror) forget(n *node) {
	if names := m.copies[n.source]; len(names) > 1 {
		m.copies[n.source] = slices.DeleteFunc(names, func(other *node) bool { return other == n })
		m.relinked[n.source] = true
	} else if len(names) == 1 && names[0] == n {
		delete(m.copies, n.source)
	}
	for _, child := range n.children {
		m.forget(child)
	}
}

// settle looks again at files that got or lost a name, and waits until the kernel's clock for time stamps has moved on: a change that comes
// later has a later time.
func (m *Mirror) settle() error {
	for id := range m.relinked {
		for _, n := range m.copies[id] {
			info, err := Stat(m.fd, n.path())
			if err != nil {
				return err
			}
			n.info = info
		}
		delete(m.relinked, id)
	}
	return waitForClock()
}

// waitForClock returns when files that change get another time than those that have changed before.
func waitForClock() error {
	var now, stamps unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &now); err != nil {
		return err
	}
	for {
		if err := unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &stamps); err != nil {
			return err
		}
		if stamps.Nano() > now.Nano() || stamps.Nano() < now.Nano()-int64(time.Second) { // or the clock was set
			return nil
		}
		<-time.After(time.Millisecond)
	}
}

// remove removes a child from the directory. Mount points stay, with the directories that lead there.
func (m *Mirror) remove(dir int, parent, child *node) error {
	kept, err := Remove(dir, child.name)
	if err != nil {
		return err
	}
	m.forget(child)
	i, _ := parent.find(child.name)
	if !kept {
		parent.children = slices.Delete(parent.children, i, i+1)
		return nil
	}
	child.prune()
	return nil
}

// prune drops what Remove has removed.
func (n *node) prune() {
	n.children = slices.DeleteFunc(n.children, func(c *node) bool { return !c.holdsMount() })
	for _, child := range n.children {
		child.prune()
	}
}
