package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// ErrNoGcloud means that this machine has no Google Cloud CLI to make an image of.
var ErrNoGcloud = errors.New("this machine has no Google Cloud CLI")

// PushGcloudImage pushes a builder image with this machine's Google Cloud CLI and returns its reference. It is large, so it is made
// only for the test that needs it.
func (c *Cluster) PushGcloudImage(ctx context.Context) (string, error) {
	program, err := exec.LookPath("gcloud")
	if err != nil {
		return "", ErrNoGcloud
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return "", fmt.Errorf("find the Google Cloud CLI: %w", err)
	}
	p, err := newPaths(Options{Instance: c.Instance})
	if err != nil {
		return "", err
	}
	unlock, err := lock(ctx, p.cache)
	if err != nil {
		return "", err
	}
	defer unlock()
	builder, err := p.readDockerfile()
	if err != nil {
		return "", err
	}
	assembled, err := p.builderLayer(ctx, c.Bin, builder.packages())
	if err != nil {
		return "", err
	}
	registry, err := newPusher(c)
	if err != nil {
		return "", err
	}
	sdk := filepath.Dir(filepath.Dir(program))
	config := builder.config("builder")
	config.Env = append(config.Env, "CLOUDSDK_PYTHON=/usr/lib/google-cloud-sdk/platform/bundledpythonunix/bin/python3")
	made := image{gcloudName, []layer{assembled, p.trustLayer(), gcloudLayer(sdk)}, config}
	ref := c.Registry + "/" + gcloudName
	if registry.has(ctx, p.cache, made) {
		return ref, nil
	}
	if err := registry.push(ctx, p.cache, made); err != nil {
		return "", fmt.Errorf("push %s: %w", gcloudName, err)
	}
	return ref, p.forget(ctx, c, ref)
}

// gcloudLayer is what `gcloud auth` needs of an installation that has its own Python, and the libraries which that needs.
func gcloudLayer(sdk string) layer {
	const script = `set -eu
root=$1 to=$1/usr/lib/google-cloud-sdk
mkdir -p "$to/bin" "$to/platform" "$to/lib/surface" "$root/usr/bin"
cd "$2"
cp -p bin/gcloud bin/docker-credential-gcloud "$to/bin/"
cp -Rp platform/bundledpythonunix "$to/platform/"
cp -Rp lib/googlecloudsdk lib/third_party lib/gcloud.py "$to/lib/"
cp -p lib/surface/__init__.py "$to/lib/surface/"
cp -Rp lib/surface/auth lib/surface/config "$to/lib/surface/"
cp -p VERSION "$to/" 2>/dev/null || true
rm -rf "$to/lib/googlecloudsdk/generated_clients/gapic_clients"
ln -s ../lib/google-cloud-sdk/bin/gcloud "$root/usr/bin/gcloud"
ln -s ../lib/google-cloud-sdk/bin/docker-credential-gcloud "$root/usr/bin/docker-credential-gcloud"
find platform/bundledpythonunix -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec ldd {} + 2>/dev/null |
	sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | sort -u | while read -r library; do
	case $library in "$2"/*) continue ;; esac
	mkdir -p "$root$(dirname "$library")"
	cp -L "$library" "$root$library"
done`
	return scriptLayer("gcloud", newKey(script).files(filepath.Join(sdk, "VERSION"), filepath.Join(sdk, "bin", "gcloud")), script, sdk)
}
