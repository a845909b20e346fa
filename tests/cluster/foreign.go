package cluster

import (
	"context"
	"path/filepath"
	"runtime"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/dockerfile"
	"github.com/kubectl-img/kubectl-img/tests/cluster/layers"
	"github.com/kubectl-img/kubectl-img/tests/cluster/machine"
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
	if err := installPackages(ctx, []string{"binutils", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"}, log); err != nil {
		return f, err
	}
	packages := builder.Packages()
	dir := machine.SysrootDir(p.cache, f.arch, packages)
	if !cache.Exists(dir) {
		if err := log.step("unpack packages for "+f.arch, func() error { return machine.MakeSysroot(ctx, p.cache, f.arch, packages) }); err != nil {
			return f, err
		}
	}
	f.sysroot = filepath.Join(dir, "root")
	var err error
	f.bin, err = p.compileTools(ctx, f.tools(), log)
	return f, err
}

// tools are the programs of a node and of the builder image.
func (f foreign) tools() []tool {
	list := []tool{kubernetesTool("kubelet"), containerdTool(), imageTool("runc"), imageTool("img", "*.go", "*/*.go"), imageTool("ownership", "*.go")}
	for i := range list {
		list[i].arch = f.arch
		list[i].env = []string{
			"GOARCH=" + f.arch, "CC=aarch64-linux-gnu-gcc", "PKG_CONFIG_SYSROOT_DIR=" + f.sysroot,
			"PKG_CONFIG_LIBDIR=" + f.sysroot + "/usr/lib/aarch64-linux-gnu/pkgconfig",
		}
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
