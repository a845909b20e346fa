package buildcontext

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// named is how many large entries a warning names.
const named = 3

// counter sums up what is visited, in walking order.
type counter struct {
	sum   Summary
	seen  map[fileID]bool
	open  []group // the directories of the last entry, outermost first
	large []Entry
}

// group is a directory whose entries are still coming.
type group struct {
	Entry
	child Entry // its largest
}

func newCounter() *counter {
	return &counter{seen: map[fileID]bool{}}
}

// linked tells whether a file with several names was counted before.
func (c *counter) linked(id fileID) bool {
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
	c.fold(Entry{Path: name, Bytes: size})
}

// enter opens the directories of dir that are not open yet.
func (c *counter) enter(dir string) {
	if dir == "." {
		return
	}
	parts := strings.Split(dir, "/")
	for i := len(c.open); i < len(parts); i++ {
		c.open = append(c.open, group{Entry: Entry{Path: strings.Join(parts[:i+1], "/")}})
	}
}

// leave closes the innermost directory. One entry that makes up most of it says more than the directory's own name.
func (c *counter) leave() {
	last := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	if last.child.Bytes >= last.Bytes-last.Bytes/10 {
		c.foldAs(last.child, last.Bytes)
		return
	}
	c.fold(last.Entry)
}

func (c *counter) fold(e Entry) { c.foldAs(e, e.Bytes) }

// foldAs counts e in the directory that is open, which grows by bytes.
func (c *counter) foldAs(e Entry, bytes int64) {
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
	c.large = c.large[:min(len(c.large), named)]
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
