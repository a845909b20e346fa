// Package layers makes the layers of the test cluster's images, and keeps them as tar files in a cache.
package layers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// Layer is a directory tree that becomes one layer of an image.
type Layer struct {
	Name string
	Key  *cache.Key // of the tree's content
	fill func(ctx context.Context, root string) error
}

func (l Layer) path(dir string) string {
	return filepath.Join(dir, "layers", l.Name+"-"+l.Key.String()+".tar.gz")
}

// Make returns the path of the layer's tar file in the cache directory, and makes the file if it is not there.
func (l Layer) Make(ctx context.Context, dir string) (string, error) {
	path := l.path(dir)
	if err := l.Key.Err(); err != nil {
		return "", err
	}
	if cache.Exists(path) {
		return path, nil
	}
	if err := cache.MakeTraversable(filepath.Dir(path)); err != nil {
		return "", err
	}
	root, err := os.MkdirTemp(filepath.Dir(path), l.Name+"-root-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(root)
	if err := os.Chmod(root, 0o755); err != nil {
		return "", err
	}
	if err := l.fill(ctx, root); err != nil {
		return "", fmt.Errorf("fill layer %s: %w", l.Name, err)
	}
	temporary := root + ".tar.gz"
	if err := pack(ctx, root, temporary); err != nil {
		return "", err
	}
	return path, os.Rename(temporary, path)
}

// pack writes the same bytes for the same tree. File capabilities are extended attributes, which tar does not write by default.
func pack(ctx context.Context, root, path string) error {
	return program.Run(exec.CommandContext(ctx, "tar", "-C", root, "--numeric-owner", "--sort=name", "--mtime=@0",
		"--xattrs", "--xattrs-include=security.capability", "-I", "gzip -1 -n", "-cf", path, "."))
}

// script makes a layer that a shell script fills. The script's arguments are the root directory of the tree and args.
func script(name string, key *cache.Key, text string, args ...string) Layer {
	return Layer{Name: name, Key: key, fill: func(ctx context.Context, root string) error {
		return program.Run(exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", text, name, root}, args...)...))
	}}
}
