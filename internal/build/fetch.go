package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// fetch puts the output where the user wants it, whole or not at all. It arrives beside its destination, is verified, and then gets its name.
func (r *run) fetch(ctx context.Context, s *session.Session) (err error) {
	out := r.Output
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
	if err := s.Fetch(ctx, r.Build.Output.Path, arrived); err != nil {
		return err
	}
	if _, err := arrived.Seek(0, io.SeekStart); err != nil {
		return err
	}
	switch {
	case out.Stdout:
		_, err = io.Copy(r.proc.Streams.Out, arrived)
	case out.Type == OutputLocal:
		err = unpack(arrived, out.Dest)
	default:
		err = errors.Join(arrived.Chmod(0o644), arrived.Close(), os.Rename(arrived.Name(), out.Dest))
	}
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	r.Log.Infof("wrote the output to %s", destination(out))
	return nil
}

func destination(out *Destination) string {
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
