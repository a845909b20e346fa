package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/go-archive"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// fetch puts the output where the user wants it, whole or not at all: it arrives beside its destination, is verified,
// and only then takes its name.
func (b *build) fetch(ctx context.Context, s *session.Session) (err error) {
	out := b.Output
	dir := os.TempDir()
	if !out.Stdout {
		dir = filepath.Dir(filepath.Clean(out.Dest))
	}
	arrived, err := os.CreateTemp(dir, ".kubectl-img-*")
	if err != nil {
		return fmt.Errorf("bring back the output: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(arrived.Name()))) }()
	defer arrived.Close()
	if err := s.Fetch(ctx, b.Build.Output.Path, arrived); err != nil {
		return err
	}
	if _, err := arrived.Seek(0, io.SeekStart); err != nil {
		return err
	}
	switch {
	case out.Stdout:
		_, err = io.Copy(b.streams.Out, arrived)
	case out.Type == outputLocal:
		err = unpack(arrived, out.Dest)
	default:
		err = errors.Join(arrived.Chmod(0o644), arrived.Close(), os.Rename(arrived.Name(), out.Dest))
	}
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	b.log.Infof("wrote the output to %s", describe(out))
	return nil
}

func describe(out *Output) string {
	if out.Stdout {
		return "stdout"
	}
	return out.Dest
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// unpack extracts beside dest and then moves the entries in, over what is there, as buildx does.
func unpack(r io.Reader, dest string) error {
	fresh, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dest)), ".kubectl-img-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := archive.Untar(r, fresh, &archive.TarOptions{NoLchown: true}); err != nil {
		return err
	}
	return merge(fresh, dest)
}

// merge moves what is in from into to. Directories that both have are merged, everything else is replaced.
func merge(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		there, err := os.Lstat(dst)
		switch {
		case err == nil && e.IsDir() && there.IsDir():
			err = merge(src, dst)
		case err == nil && e.IsDir() != there.IsDir():
			err = fmt.Errorf("%s is in the way", dst)
		default:
			err = os.Rename(src, dst)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
