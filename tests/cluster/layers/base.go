package layers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

const busyboxBinary = "/bin/busybox"

// Busybox is Debian's static busybox with all its applets, of this machine or of a sysroot.
func Busybox(sysroot string) Layer {
	const text = `set -eu
cd "$1"
mkdir -p bin etc home proc root sys tmp usr/bin var/tmp
cp "$2" bin/busybox
` + busyboxBinary + ` --list | while read -r applet; do [ "$applet" = busybox ] || ln -sf busybox "bin/$applet"; done
ln -s /bin/busybox usr/bin/env
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
chmod 1777 tmp var/tmp`
	binary := sysroot + busyboxBinary
	return script("busybox", cache.NewKey(text).Files(binary), text, binary)
}

// Debian is a minimal Debian 12 with more packages.
func Debian(name string, packages ...string) Layer {
	const suite = "bookworm"
	args := []string{"--variant=minbase"}
	if len(packages) > 0 {
		args = append(args, "--include="+strings.Join(packages, ","))
	}
	return Layer{
		Name: name,
		Key:  cache.NewKey(suite, runtime.GOARCH).Text(args...),
		fill: func(ctx context.Context, root string) error {
			downloads := root + "-downloads"
			if err := os.MkdirAll(downloads, 0o755); err != nil {
				return err
			}
			defer os.RemoveAll(downloads)
			if err := program.Run(exec.CommandContext(ctx, "debootstrap", append(args, "--cache-dir="+downloads, suite, root)...)); err != nil {
				return err
			}
			return removeAll(root, "var/cache/apt/archives/*.deb", "var/lib/apt/lists/*", "usr/share/doc/*", "usr/share/man/*",
				"usr/share/locale/*", "var/log/*", "debootstrap", "dev/*")
		},
	}
}

// Golang is this machine's Go toolchain without its tests.
func Golang(ctx context.Context) (Layer, error) {
	goroot, err := program.Output(exec.CommandContext(ctx, "go", "env", "GOROOT"))
	if err != nil {
		return Layer{}, fmt.Errorf("ask for GOROOT: %w", err)
	}
	goroot = strings.TrimSpace(goroot)
	const text = `set -eu
cd "$1"
mkdir -p usr/local/go go
cd "$2"
cp -R bin lib pkg src VERSION go.env "$1/usr/local/go/"
find "$1/usr/local/go/src" -name testdata -prune -exec rm -rf {} +
find "$1/usr/local/go/src" -name '*_test.go' -delete
chmod 1777 "$1/go"`
	key := cache.NewKey(text).Files(filepath.Join(goroot, "VERSION"), filepath.Join(goroot, "bin", "go"))
	return script("golang", key, text, goroot), nil
}

func removeAll(root string, patterns ...string) error {
	for _, pattern := range patterns {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, match := range matches {
			if err := os.RemoveAll(match); err != nil {
				return err
			}
		}
	}
	return nil
}
