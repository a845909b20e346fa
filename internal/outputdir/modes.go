package outputdir

import (
	"archive/tar"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// ownerAll is what it takes to write to a directory, and to move it. Only root needs none of it.
const ownerAll = 0o700

// directories are those of an archive. Their names are not kept, because the pod chooses how long they are.
type directories struct {
	seed  maphash.Seed
	all   map[uint64]struct{}
	modes map[uint64]fs.FileMode // of those that their owner can't use until everything is in its place
}

func newDirectories() directories {
	return directories{maphash.MakeSeed(), map[uint64]struct{}{}, map[uint64]fs.FileMode{}}
}

func (d directories) hash(name string) uint64 { return maphash.String(d.seed, path.Clean("/"+name)) }

func (d directories) add(name string) { d.all[d.hash(name)] = struct{}{} }

// note remembers the mode of an entry. The last entry of a name counts.
func (d directories) note(h *tar.Header) {
	if h.Typeflag == tar.TypeDir && h.Mode&ownerAll != ownerAll {
		d.modes[d.hash(h.Name)] = h.FileInfo().Mode()
		return
	}
	delete(d.modes, d.hash(h.Name))
}

// restore gives the directory at dir, which the archive calls name, and those below it their modes.
func (d directories) restore(dir, name string) error {
	if len(d.modes) == 0 {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := d.restore(filepath.Join(dir, e.Name()), path.Join(name, e.Name())); err != nil {
				return err
			}
		}
	}
	if mode, noted := d.modes[d.hash(name)]; noted {
		return os.Chmod(dir, mode)
	}
	return nil
}

// usable passes on an archive whose directories their owner can use. Nothing reads r any more once it is closed.
type usable struct {
	*io.PipeReader
	done chan struct{}
}

func newUsable(r io.Reader) *usable {
	out, in := io.Pipe()
	u := &usable{out, make(chan struct{})}
	go func() {
		defer close(u.done)
		in.CloseWithError(copyUsable(tar.NewWriter(in), tar.NewReader(r)))
	}()
	return u
}

// Close ends the copy, and waits for its end.
func (u *usable) Close() error {
	err := u.PipeReader.Close()
	<-u.done
	return err
}

func copyUsable(w *tar.Writer, r *tar.Reader) error {
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return w.Close()
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			h.Mode |= ownerAll
		case tar.TypeGNUSparse: // the reader has filled the holes
			h.Typeflag = tar.TypeReg
		}
		h.Format = tar.FormatPAX
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return err
		}
	}
}
