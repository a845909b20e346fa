package machine

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

//go:embed base.sh unpack.sh files
var sources embed.FS

// BaseDir is the directory of the cache that has the kernel, the initramfs and the disk of the kind, which machines do not change.
func (k Kind) BaseDir(dir string) string {
	return filepath.Join(dir, "machines", strings.Join([]string{k.Suite, k.Arch, k.runtimePackage() + sourcesKey()}, "-"))
}

// MakeBase fills BaseDir.
func (k Kind) MakeBase(ctx context.Context, dir string) error {
	return fill(k.BaseDir(dir), func(sources, out string) error {
		return program.Run(exec.CommandContext(ctx, "/bin/sh", sources+"/base.sh", k.Suite, k.Arch, sources+"/files", out, k.runtimePackage()))
	})
}

func sourcesKey() string {
	key := cache.NewKey()
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
	return key.String()
}

// fill makes a directory of the cache once what is in it is complete.
func fill(dir string, run func(sources, out string) error) error {
	if err := cache.MakeTraversable(filepath.Dir(dir)); err != nil {
		return err
	}
	out, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+"-unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	scripts, err := os.MkdirTemp("", "kubectl-img-machine-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scripts)
	if err := errors.Join(os.Chmod(out, 0o755), os.CopyFS(scripts, sources), run(scripts, out)); err != nil {
		return err
	}
	return os.Rename(out, dir)
}
