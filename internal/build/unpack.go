package build

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/moby/go-archive"
)

// unpack extracts a tar beside dest and then moves its entries into dest, over what is there, as buildx does.
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

// merge moves the entries of from into to. It merges directories that both have, and replaces everything else.
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
