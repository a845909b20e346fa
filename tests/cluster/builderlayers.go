package cluster

import (
	"context"
	"path/filepath"
	"strconv"
)

// builderLayer is what the Dockerfile's rootfs stage makes: by the same script, from the same packages and tools.
func (p paths) builderLayer(ctx context.Context, bin string, packages []string) (layer, error) {
	versions, err := installedPackages(ctx)
	if err != nil {
		return layer{}, err
	}
	script := filepath.Join(p.root, "images", "builder", "rootfs.sh")
	key := newKey("builder").files(script, filepath.Join(bin, "img"), filepath.Join(bin, "runc"), filepath.Join(bin, "ownership"), systemBundle)
	for _, name := range packages {
		key.text(name, versions[name])
	}
	return layer{name: "builder", key: key, fill: func(ctx context.Context, root string) error {
		return command(ctx, script, bin, root)
	}}, nil
}

// gcrLayer is what the Dockerfile's target gcr adds.
func gcrLayer(bin string) layer {
	program := filepath.Join(bin, "docker-credential-gcr")
	const script = `set -eu
mkdir -p "$1/usr/bin"
cp "$2" "$1/usr/bin/docker-credential-gcr"`
	return scriptLayer("gcr", newKey(script).files(program), script, program)
}

// trustLayer lets programs in an image trust the cluster's registries. Only test images get it.
func (p paths) trustLayer() layer {
	const script = `set -eu
mkdir -p "$1/etc/ssl/certs"
cp "$2" "$1/etc/ssl/certs/ca-certificates.crt"`
	bundle := p.in("pki", "ca-bundle.crt")
	return scriptLayer("trust", newKey(script).files(bundle), script, bundle)
}

// legacyLayers make a builder like those of 2019 out of a Debian root: the distribution's range of ids and no git. Debian's newuidmap is
// setuid and keeps euid 0, which maps nothing in a pod without CAP_SYS_ADMIN; the one that the images of 2019 compiled gave up euid 0
// first. With capabilities, Debian's behaves like that one.
func (p paths) legacyLayers(bin string, capabilities bool) []layer {
	debian := debianLayer("debian-uidmap", "ca-certificates", "uidmap")
	const script = `set -eu
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
	args := []string{bin, strconv.FormatBool(capabilities), debian.path(p.cache)}
	key := newKey(script).files(filepath.Join(bin, "legacy-img"), filepath.Join(bin, "runc")).text(args[1:]...)
	return []layer{debian, scriptLayer("legacy", key, script, args...), p.trustLayer()}
}
