package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const busyboxBinary = "/bin/busybox"

// busyboxLayer is Debian's static busybox with all its applets.
func busyboxLayer() layer {
	const script = `set -eu
cd "$1"
mkdir -p bin etc home proc root sys tmp usr/bin var/tmp
cp ` + busyboxBinary + ` bin/busybox
bin/busybox --list | while read -r applet; do [ "$applet" = busybox ] || ln -sf busybox "bin/$applet"; done
ln -s /bin/busybox usr/bin/env
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
chmod 1777 tmp var/tmp`
	return scriptLayer("busybox", newKey(script).files(busyboxBinary), script)
}

// debianLayer is a minimal Debian 12 with some packages added.
func debianLayer(name string, packages ...string) layer {
	const suite = "bookworm"
	args := []string{"--variant=minbase"}
	if len(packages) > 0 {
		args = append(args, "--include="+strings.Join(packages, ","))
	}
	return layer{
		name: name,
		key:  newKey(suite, runtime.GOARCH).text(args...),
		fill: func(ctx context.Context, root string) error {
			downloads := root + "-downloads"
			if err := os.MkdirAll(downloads, 0o755); err != nil {
				return err
			}
			defer os.RemoveAll(downloads)
			if err := command(ctx, "debootstrap", append(args, "--cache-dir="+downloads, suite, root)...); err != nil {
				return err
			}
			return removeAll(root, "var/cache/apt/archives/*.deb", "var/lib/apt/lists/*", "usr/share/doc/*", "usr/share/man/*",
				"usr/share/locale/*", "var/log/*", "debootstrap", "dev/*")
		},
	}
}

// golangLayer is this machine's Go toolchain, without its own tests.
func golangLayer(ctx context.Context) (layer, error) {
	goroot, err := capture(exec.CommandContext(ctx, "go", "env", "GOROOT"))
	if err != nil {
		return layer{}, fmt.Errorf("ask for GOROOT: %w", err)
	}
	const script = `set -eu
cd "$1"
mkdir -p usr/local/go go
cd "$2"
cp -R bin lib pkg src VERSION go.env "$1/usr/local/go/"
find "$1/usr/local/go/src" -name testdata -prune -exec rm -rf {} +
find "$1/usr/local/go/src" -name '*_test.go' -delete
chmod 1777 "$1/go"`
	key := newKey(script).files(filepath.Join(goroot, "VERSION"), filepath.Join(goroot, "bin", "go"))
	return scriptLayer("golang", key, script, goroot), nil
}

// scriptLayer is filled by a shell script that gets the root directory and args as its arguments.
func scriptLayer(name string, key *key, script string, args ...string) layer {
	return layer{name: name, key: key, fill: func(ctx context.Context, root string) error {
		return command(ctx, "/bin/sh", append([]string{"-c", script, name, root}, args...)...)
	}}
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
