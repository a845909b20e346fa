package buildcontext

import (
	"archive/tar"
	"bytes"
	"io"
	"path"
	"slices"
)

// finder copies the Dockerfile while the archive is sent.
type finder struct {
	names []string // preferred first
	file  *dockerfile
	buf   bytes.Buffer
	link  string // target, if the best entry is a symbolic link
	rank  int    // index in names of the best entry so far; len(names) for none
	err   error
}

func newFinder(names []string, d *dockerfile) *finder {
	return &finder{names: names, file: d, rank: len(names)}
}

// capture returns a reader of the entry's content, which copies the content if the entry can be the Dockerfile.
func (f *finder) capture(hdr *tar.Header, r io.Reader) io.Reader {
	i := slices.Index(f.names, hdr.Name)
	if i < 0 || i > f.rank {
		return r
	}
	f.rank, f.file.path, f.err, f.link = i, hdr.Name, nil, ""
	f.buf.Reset()
	switch {
	case hdr.Typeflag == tar.TypeDir:
		f.err = errIsDirectory
	case hdr.Size > maxFileBytes:
		f.err = errTooLarge
	case hdr.Typeflag == tar.TypeReg && hdr.Size == 0:
		f.err = errEmptyDockerfile
	case hdr.Typeflag == tar.TypeReg:
		return io.TeeReader(r, &f.buf)
	case hdr.Typeflag == tar.TypeFifo:
		f.err = ErrNoDockerfile
	case hdr.Typeflag == tar.TypeSymlink:
		f.link = hdr.Linkname
	}
	return r
}

// check returns an error if there is no Dockerfile, or if it can't be used.
func (f *finder) check() error {
	if f.rank == len(f.names) {
		return fileError(opDockerfile, f.names[0], ErrNoDockerfile)
	}
	if f.err != nil {
		return fileError(opDockerfile, f.file.path, f.err)
	}
	if f.buf.Len() == 0 { // a link, which the supervisor follows
		return f.checkLink()
	}
	f.file.content, f.file.file = f.buf.Bytes(), f.file.path
	return f.file.check()
}

// checkLink returns an error for a link that leads out of the context. It does not see links to links; the supervisor does.
func (f *finder) checkLink() error {
	_, err := cleanName(path.Dir(f.file.path) + "/" + f.link)
	if path.IsAbs(f.link) {
		err = errEscapes
	}
	if f.link == "" || err == nil {
		return nil
	}
	return fileError(opDockerfile, f.file.path, err)
}
