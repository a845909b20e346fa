package buildcontext

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// maxLargest is the number of large entries in a Summary.
const maxLargest = 3

// counter builds a Summary from entries in walking order.
type counter struct {
	sum   Summary
	seen  map[fileID]bool
	open  []openDir // the directories of the last entry, outermost first
	large []Entry
}

// openDir is a directory that can have more entries.
type openDir struct {
	Entry
	child Entry // the largest one
}

func newCounter() *counter {
	return &counter{seen: map[fileID]bool{}}
}

// seenBefore reports whether a file with several names was counted before.
func (c *counter) seenBefore(id fileID) bool {
	was := c.seen[id]
	c.seen[id] = true
	return was
}

func (c *counter) skip(name, kind string) {
	c.sum.Skipped = append(c.sum.Skipped, Skipped{Path: name, Kind: kind})
}

func (c *counter) add(name string, size int64) {
	c.sum.Entries++
	c.sum.Bytes += size
	if size == 0 {
		return
	}
	dir := path.Dir(name)
	for len(c.open) > 0 && !under(c.open[len(c.open)-1].Path, dir) {
		c.leave()
	}
	c.enter(dir)
	c.addToParent(Entry{Path: name, Bytes: size}, size)
}

// enter opens dir and its parents, unless they are open.
func (c *counter) enter(dir string) {
	if dir == "." {
		return
	}
	parts := strings.Split(dir, "/")
	for i := len(c.open); i < len(parts); i++ {
		c.open = append(c.open, openDir{Entry: Entry{Path: strings.Join(parts[:i+1], "/")}})
	}
}

// leave closes the innermost directory. If one entry is most of its content, the Summary has that entry and not the directory.
func (c *counter) leave() {
	last := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	if last.child.Bytes >= last.Bytes-last.Bytes/10 {
		c.addToParent(last.child, last.Bytes)
		return
	}
	c.addToParent(last.Entry, last.Bytes)
}

// addToParent makes e an entry of the open directory, which grows by bytes.
func (c *counter) addToParent(e Entry, bytes int64) {
	if len(c.open) == 0 {
		c.rank(e)
		return
	}
	g := &c.open[len(c.open)-1]
	g.Bytes += bytes
	if e.Bytes > g.child.Bytes {
		g.child = e
	}
}

func (c *counter) rank(e Entry) {
	c.large = append(c.large, e)
	slices.SortStableFunc(c.large, func(a, b Entry) int { return cmp.Compare(b.Bytes, a.Bytes) })
	c.large = c.large[:min(len(c.large), maxLargest)]
}

func (c *counter) result() Summary {
	for len(c.open) > 0 {
		c.leave()
	}
	sum := c.sum
	sum.Largest = c.large
	return sum
}

func under(dir, name string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}
