package outputdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"github.com/moby/go-archive"

	"github.com/kubectl-img/kubectl-img/internal/localfile"
)

// checkMerge reports what in to keeps the entries of from out, before any of them is moved.
func checkMerge(from, to string) error {
	adds := false
	err := eachEntry(from, to, func(e fs.DirEntry, src, dst string) error {
		there, err := os.Lstat(dst)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			adds = true
			return nil
		case err != nil:
			return err
		case e.IsDir() && there.IsDir():
			return checkMerge(src, dst)
		case e.IsDir() || there.Mode()&fs.ModeType&^fs.ModeSymlink != 0:
			return fmt.Errorf("%s is in the way", dst)
		}
		adds = true
		return nil
	})
	if err == nil && adds {
		_, err = localfile.CheckDirectory(to)
	}
	return err
}

// merge moves the entries of from into to. It merges directories that both have, and replaces files and links. New directories get their modes from dirs.
func merge(from, to string, dirs directories) error { return mergeBelow(from, to, "/", dirs) }

// mergeBelow is merge for a directory that the archive calls name.
func mergeBelow(from, to, name string, dirs directories) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return eachEntry(from, to, func(e fs.DirEntry, src, dst string) error {
		name := path.Join(name, e.Name())
		if there, err := os.Lstat(dst); err == nil && there.IsDir() {
			return mergeBelow(src, dst, name, dirs)
		}
		err := os.Rename(src, dst)
		if errors.Is(err, syscall.EXDEV) {
			err = moveAcross(e, src, dst)
		}
		if err != nil || !e.IsDir() {
			return err
		}
		return dirs.restore(dst, name)
	})
}

// moveAcross moves an entry into a directory of another file system, such as a mount point.
func moveAcross(e fs.DirEntry, src, dst string) error {
	fresh, err := os.MkdirTemp(filepath.Dir(dst), ".kubectl-img-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	content, err := archive.TarWithOptions(filepath.Dir(src), &archive.TarOptions{IncludeFiles: []string{e.Name()}})
	if err != nil {
		return err
	}
	defer content.Close()
	if err := archive.UntarUncompressed(content, fresh, &archive.TarOptions{NoLchown: true, BestEffortXattrs: true}); err != nil {
		return err
	}
	return os.Rename(filepath.Join(fresh, e.Name()), dst)
}

func eachEntry(from, to string, do func(e fs.DirEntry, src, dst string) error) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := do(e, filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
