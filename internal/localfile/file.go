package localfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// File is content on its way to a path. It is in a temporary file until Commit. Close removes that file.
type File struct {
	*os.File
	target  target
	replace bool // the temporary file takes the place of the target
}

// Create begins a file. It opens nothing but a regular file: a pipe's reader sees the whole content or none.
func Create(path string) (*File, error) {
	t, err := resolve(path)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var temporary *os.File
	if t.replaceable() {
		temporary, err = beside(t)
	}
	replace := temporary != nil
	if temporary == nil && (t.info != nil || t.descriptor >= 0) {
		temporary, err = os.CreateTemp("", pattern+"*")
	}
	if err != nil {
		return nil, err
	}
	return &File{temporary, t, replace}, nil
}

// Temporary creates a file in dir, or in the system's directory for temporary files, that can't be committed.
func Temporary(dir string) (*File, error) {
	f, err := os.CreateTemp(dir, pattern+"*")
	if err != nil {
		return nil, err
	}
	return &File{File: f}, nil
}

// Write puts content into path.
func Write(ctx context.Context, path string, content []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Commit(ctx)
}

// pattern begins the name of a temporary file.
const pattern = ".kubectl-img-"

// replaceable reports whether a new file may take the place of t. A file with a second name, or another owner, would lose them.
func (t target) replaceable() bool {
	return !t.isStream() && (t.info == nil || !isShared(t.info))
}

// beside creates a file in the directory of t, with the group and the mode of t.
func beside(t target) (*os.File, error) {
	name := filepath.Join(filepath.Dir(t.path), pattern+strconv.FormatUint(rand.Uint64(), 36)) //nolint:gosec // O_EXCL makes it safe to guess
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil || t.info == nil {
		return f, err
	}
	if err := cmp.Or(keepGroup(f, t.info), f.Chmod(t.info.Mode().Perm())); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(name))
	}
	return f, nil
}

// Commit moves the content to its path. What can't be replaced, such as a pipe or a mount point, is written in place.
func (f *File) Commit(ctx context.Context) error {
	if f.replace {
		if err := f.File.Close(); err != nil { // a disk that is full can say so only now
			return err
		}
		err := f.rename()
		if err == nil || f.target.info == nil {
			return err
		}
		if f.File, err = os.Open(f.Name()); err != nil {
			return err
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := f.target.open(ctx)
	if err != nil {
		return err
	}
	return copyUntil(ctx, out, f.File)
}

// copyUntil copies all of in to out, and closes out. It ends with ctx, too: a reader can stop. A descriptor that was inherited can block without a deadline, and
// another process may share its mode; the copy is left behind then.
func copyUntil(ctx context.Context, out, in *os.File) error {
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(out, in)
		done <- errors.Join(err, out.Close())
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	if out.SetDeadline(time.Now()) == nil {
		if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return context.Cause(ctx)
}

// rename gives the temporary file its name. It looks again at what has this name, which can be another kind of file by now.
func (f *File) rename() error {
	if now, err := os.Lstat(f.target.path); err == nil && !now.Mode().IsRegular() {
		return fmt.Errorf("%s is in the way", f.target.path)
	}
	return os.Rename(f.Name(), f.target.path)
}

// Close drops what was not committed.
func (f *File) Close() error {
	err := f.File.Close()
	if errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	removed := os.Remove(f.Name())
	if errors.Is(removed, fs.ErrNotExist) {
		removed = nil
	}
	return errors.Join(err, removed)
}

// readerInterval is how often a pipe is asked for a reader.
const readerInterval = 100 * time.Millisecond

// open opens t to be written in place. A pipe opens once it has a reader, as for a shell, or when ctx ends.
func (t target) open(ctx context.Context) (*os.File, error) {
	if t.descriptor >= 0 {
		return openDescriptor(t.descriptor)
	}
	for {
		f, err := os.OpenFile(t.path, os.O_WRONLY|os.O_TRUNC|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) || t.info.Mode()&fs.ModeNamedPipe == 0 {
			return f, err
		}
		select {
		case <-time.After(readerInterval):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a reader of %s: %w", t.path, context.Cause(ctx))
		}
	}
}
