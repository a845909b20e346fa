package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// layer is a directory tree that becomes one layer of an image. Its tar file is cached under the key.
type layer struct {
	name string
	key  *key
	fill func(ctx context.Context, root string) error
}

func (l layer) path(cache string) string {
	return filepath.Join(cache, "layers", l.name+"-"+l.key.String()+".tar.gz")
}

// make returns the layer's tar file, filling and packing a tree where the cache has none.
func (l layer) make(ctx context.Context, cache string) (string, error) {
	path := l.path(cache)
	if l.key.err != nil {
		return "", l.key.err
	}
	if exists(path) {
		return path, nil
	}
	if err := makeTraversable(filepath.Dir(path)); err != nil {
		return "", err
	}
	root, err := os.MkdirTemp(filepath.Dir(path), l.name+"-root-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(root)
	if err := os.Chmod(root, 0o755); err != nil {
		return "", err
	}
	if err := l.fill(ctx, root); err != nil {
		return "", fmt.Errorf("fill layer %s: %w", l.name, err)
	}
	temporary := root + ".tar.gz"
	if err := pack(ctx, root, temporary); err != nil {
		return "", err
	}
	return path, os.Rename(temporary, path)
}

// pack writes the same bytes for the same tree. File capabilities are extended attributes, which tar leaves out unless told.
func pack(ctx context.Context, root, path string) error {
	return command(ctx, "tar", "-C", root, "--numeric-owner", "--sort=name", "--mtime=@0",
		"--xattrs", "--xattrs-include=security.capability", "-I", "gzip -1 -n", "-cf", path, ".")
}
