package machine

import (
	"context"
	"embed"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

//go:embed base.sh files
var sources embed.FS

// BaseDir is the directory of the cache that has the kernel, the initramfs and the disk of the kind, which machines do not change.
func (k Kind) BaseDir(dir string) string {
	key := cache.NewKey(k.Suite, k.Arch)
	err := fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data, _ := sources.ReadFile(path) // an embedded file is always readable
			key.Text(path, string(data))
		}
		return err
	})
	if err != nil {
		panic(err) // walking embedded files can't fail
	}
	return filepath.Join(dir, "machines", k.Suite+"-"+k.Arch+"-"+key.String())
}

// MakeBase fills BaseDir.
func (k Kind) MakeBase(ctx context.Context, dir string) error {
	base := k.BaseDir(dir)
	if err := cache.MakeTraversable(filepath.Dir(base)); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(base), k.Name+"-unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	src := filepath.Join(temporary, "sources")
	if err := os.CopyFS(src, sources); err != nil {
		return err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	script := exec.CommandContext(ctx, "/bin/sh", filepath.Join(src, "base.sh"), k.Suite, k.Arch, filepath.Join(src, "files"), temporary)
	if err := program.Run(script); err != nil {
		return err
	}
	if err := os.RemoveAll(src); err != nil {
		return err
	}
	return os.Rename(temporary, base)
}
