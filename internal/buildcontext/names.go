package buildcontext

import (
	"hash/maphash"
	"path"
)

// cleanName returns an archive's name relative to the context, "." for the root.
func cleanName(name string) (string, error) {
	for len(name) > 0 && name[0] == '/' {
		name = name[1:]
	}
	if name == "" {
		return ".", nil
	}
	clean := path.Clean(name)
	if clean == ".." || len(clean) > 2 && clean[:3] == "../" {
		return "", errEscapes
	}
	return clean, nil
}

// nameSet is a set of names that needs only a few bytes for each.
type nameSet struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

func newNameSet() *nameSet {
	return &nameSet{seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}}
}

func (s *nameSet) add(name string) { s.hashes[maphash.String(s.seed, name)] = struct{}{} }

func (s *nameSet) has(name string) bool {
	_, ok := s.hashes[maphash.String(s.seed, name)]
	return ok
}
