package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/dockerfile"
	"github.com/kubectl-img/kubectl-img/tests/cluster/layers"
	"github.com/kubectl-img/kubectl-img/tests/cluster/machine"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// makeForeign cross-compiles the programs and unpacks the packages, unless the cache has them.
func (p paths) makeForeign(ctx context.Context, builder dockerfile.File, log *progress) (foreign, error) {
	var f foreign
	for _, m := range p.machines {
		if m.Arch != runtime.GOARCH {
			f.arch = m.Arch
		}
	}
	if f.arch == "" {
		return f, nil
	}
	if err := installPackages(ctx, []string{"crossbuild-essential-" + f.arch}, log); err != nil {
		return f, err
	}
	var err error
	if f.sysroot, err = p.makeSysroot(ctx, f.arch, builder.Packages(), log); err != nil {
		return f, err
	}
	f.bin, err = p.compileTools(ctx, f.tools(), log)
	return f, err
}

// makeSysroot returns a directory with the packages, which it unpacks with the Dockerfile's own script unless the cache has them.
func (p paths) makeSysroot(ctx context.Context, arch string, packages []string, log *progress) (string, error) {
	script := filepath.Join(p.root, "images", "builder", "sysroot.sh")
	key := cache.NewKey(arch).Text(packages...).Files(script)
	dir := filepath.Join(p.cache, "sysroots", arch+"-"+key.String())
	if err := key.Err(); err != nil || cache.Exists(dir) {
		return dir, err
	}
	if err := cache.MakeTraversable(filepath.Dir(dir)); err != nil {
		return "", err
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), "unfinished-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unfinished)
	root := filepath.Join(unfinished, "root")
	if err := log.step("unpack packages for "+arch, func() error {
		return program.Run(exec.CommandContext(ctx, script, append([]string{arch, root}, packages...)...))
	}); err != nil {
		return "", err
	}
	return dir, os.Rename(root, dir)
}

// tools are the programs of a node and of the builder image.
func (f foreign) tools() []tool {
	list := []tool{kubernetesTool("kubelet"), containerdTool(), imageTool("runc"), imageTool("img", "*.go", "*/*.go"), imageTool("ownership", "*.go")}
	for i := range list {
		list[i].arch = f.arch
		list[i].env = []string{"GOARCH=" + f.arch, "SYSROOT=" + f.sysroot}
	}
	return list
}

// programsOf is the directory with the programs of a machine.
func (p paths) programsOf(m machine.Machine, bin string) string {
	if m.Arch == p.foreign.arch {
		return p.foreign.bin
	}
	return bin
}

// foreignImages are those that builds on a node of another architecture need.
func (p paths) foreignImages(ctx context.Context, builder dockerfile.File) (map[string]image, error) {
	f := p.foreign
	if f.arch == "" {
		return nil, nil
	}
	assembled, err := layers.Builder(ctx, p.root, f.bin, f.sysroot, builder.Packages())
	if err != nil {
		return nil, err
	}
	found := map[string]image{}
	for _, image := range append(smallImages(layers.Busybox(f.sysroot)), image{name: builderName, layers: []layers.Layer{assembled, p.trust()}, config: builder.Config("builder")}) {
		image.arch = f.arch
		found[image.name] = image
	}
	return found, nil
}
