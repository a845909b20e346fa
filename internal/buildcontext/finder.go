package buildcontext

import (
	"archive/tar"
	"bytes"
	"hash/maphash"
	"io"
	"slices"
)

// finder takes a copy of the Dockerfile as an archive goes by.
type finder struct {
	names []string // preferred first
	file  *dockerfile
	buf   bytes.Buffer
	rank  int // index in names of the best one seen; len(names) for none
	err   error
}

func newFinder(names []string, d *dockerfile) *finder {
	return &finder{names: names, file: d, rank: len(names)}
}

// capture returns the reader to send the entry's content from.
func (f *finder) capture(hdr *tar.Header, r io.Reader) io.Reader {
	i := slices.Index(f.names, hdr.Name)
	if i < 0 || i > f.rank {
		return r
	}
	f.rank, f.file.path, f.err = i, hdr.Name, nil
	f.buf.Reset()
	switch {
	case hdr.Typeflag == tar.TypeDir:
		f.err = ErrIsDirectory
	case hdr.Size > maxDockerfile:
		f.err = ErrTooLarge
	case hdr.Typeflag == tar.TypeReg && hdr.Size == 0:
		f.err = ErrEmptyDockerfile
	case hdr.Typeflag == tar.TypeReg:
		return io.TeeReader(r, &f.buf)
	case hdr.Typeflag == tar.TypeFifo:
		f.err = ErrNoDockerfile
	}
	return r
}

// check ends the search.
func (f *finder) check() error {
	if f.rank == len(f.names) {
		return fileError(opDockerfile, f.names[0], ErrNoDockerfile)
	}
	if f.err != nil {
		return fileError(opDockerfile, f.file.path, f.err)
	}
	if f.buf.Len() == 0 {
		return nil // a link: the far end follows it
	}
	f.file.content, f.file.file = f.buf.Bytes(), f.file.path
	return f.file.check()
}

// nameSet remembers names in a few bytes each, however long they are.
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
