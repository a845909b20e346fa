package layers

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/debian"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// Builder is the root of the builder image. The rootfs stage of the Dockerfile makes it with the same script, packages and programs; root
// is the repository, and bin has the programs. The packages are this machine's, or those of a sysroot.
func Builder(ctx context.Context, root, bin, sysroot string, packages []string) (Layer, error) {
	versions, err := debian.Installed(ctx)
	if err != nil {
		return Layer{}, err
	}
	rootfs := filepath.Join(root, "images", "builder", "rootfs.sh")
	key := cache.NewKey("builder").Files(rootfs, filepath.Join(bin, "img"), filepath.Join(bin, "runc"), filepath.Join(bin, "ownership"), debian.CertificateBundle)
	args := []string{bin}
	if sysroot != "" {
		key.Text(sysroot)
		args = append(args, sysroot)
	} else {
		for _, name := range packages {
			key.Text(name, versions[name])
		}
	}
	return Layer{Name: "builder", Key: key, fill: func(ctx context.Context, root string) error {
		return program.Run(exec.CommandContext(ctx, rootfs, slices.Insert(slices.Clone(args), 1, root)...))
	}}, nil
}

// GCR is the credential helper that the Dockerfile's target gcr adds.
func GCR(bin string) Layer {
	helper := filepath.Join(bin, "docker-credential-gcr")
	const text = `set -eu
mkdir -p "$1/usr/bin"
cp "$2" "$1/usr/bin/docker-credential-gcr"`
	return script("gcr", cache.NewKey(text).Files(helper), text, helper)
}

// Trust replaces the certificates that programs in an image trust. With the cluster's bundle they trust its registries, too.
func Trust(bundle string) Layer {
	const text = `set -eu
mkdir -p "$1/etc/ssl/certs"
cp "$2" "$1/etc/ssl/certs/ca-certificates.crt"`
	return script("trust", cache.NewKey(text).Files(bundle), text, bundle)
}

// Legacy is a builder image like those of 2019: Debian with the distribution's range of ids, and without git. Debian's newuidmap is set-user-ID
// and keeps euid 0, which can't write a map in a pod without CAP_SYS_ADMIN; the images of 2019 compiled a newuidmap that first drops euid 0.
// With capabilities instead of the bit, Debian's newuidmap works like that one. dir is the cache, in which Debian's layer is found.
func Legacy(dir, bin string, capabilities bool) []Layer {
	root := Debian("debian-uidmap", "ca-certificates", "uidmap")
	const text = `set -eu
cd "$1"
mkdir -p usr/bin etc home/user/.local/share/img run/user/1000
cp "$2/legacy-img" usr/bin/img
cp "$2/runc" usr/bin/
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nuser:x:1000:1000::/home/user:/bin/bash\n' >etc/passwd
printf 'root:x:0:\nshadow:x:42:\nnogroup:x:65534:\nuser:x:1000:\n' >etc/group
echo user:100000:65536 >etc/subuid
echo user:100000:65536 >etc/subgid
chown -R 1000:1000 home/user run/user/1000
chmod 0700 run/user/1000
if [ "$3" = true ]; then
	tar -xzf "$4" ./usr/bin/newuidmap ./usr/bin/newgidmap
	chmod u-s usr/bin/newuidmap usr/bin/newgidmap
	setcap cap_setuid+ep usr/bin/newuidmap
	setcap cap_setgid+ep usr/bin/newgidmap
fi`
	args := []string{bin, strconv.FormatBool(capabilities), root.path(dir)}
	key := cache.NewKey(text).Files(filepath.Join(bin, "legacy-img"), filepath.Join(bin, "runc")).Text(args[1:]...)
	return []Layer{root, script("legacy", key, text, args...)}
}
