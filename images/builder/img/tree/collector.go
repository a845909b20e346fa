package tree

import (
	"context"
	"path"
	"strings"
)

// Skip names what is in the directory and not part of the tree.
type Skip struct {
	Files map[ID]bool                // in the directory, by whatever names
	Names map[string]map[string]bool // names in a directory, by its path; "" is the root
}

// NewSkip returns one that names nothing.
func NewSkip() Skip { return Skip{map[ID]bool{}, map[string]map[string]bool{}} }

// Add adds a name by its path from the root.
func (s Skip) Add(file string) {
	dir, name := path.Split(file)
	dir = strings.TrimSuffix(dir, "/")
	if s.Names[dir] == nil {
		s.Names[dir] = map[string]bool{}
	}
	s.Names[dir][name] = true
}

type collector struct {
	*Mirror
	ctx    context.Context //nolint:containedctx // it lives as long as the call
	to     int
	skip   Skip
	placed map[uint64]*node // files that were brought to the tree, by their number in the directory
}
