package layers

import (
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
)

// Gcloud is the part of a Google Cloud CLI, with its Python and the libraries of that, which `gcloud auth` needs.
func Gcloud(sdk string) Layer {
	const text = `set -eu
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
	return script("gcloud", cache.NewKey(text).Files(filepath.Join(sdk, "VERSION"), filepath.Join(sdk, "bin", "gcloud")), text, sdk)
}
