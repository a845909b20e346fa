#!/bin/sh
# compile.sh OUT TOOL...: compiles each named tool, from the module of the same name next to this script, to OUT/TOOL.
# The Dockerfile and the tests' cluster both call it, so that both get the same binaries. For another architecture, which GOARCH names, it needs
# Debian's cross compiler, and libseccomp for that architecture in the directory SYSROOT: sysroot.sh makes one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Workspaces of the caller must not leak into a pinned module.
export GOWORK=off

arch=$(go env GOARCH)
if [ "$arch" != "$(go env GOHOSTARCH)" ]; then
	case $arch in
	amd64) triplet=x86_64-linux-gnu ;;
	arm64) triplet=aarch64-linux-gnu ;;
	*)
		echo "compile.sh: no builder image for architecture $arch" >&2
		exit 2
		;;
	esac
	export CC="$triplet-gcc" PKG_CONFIG_SYSROOT_DIR="$SYSROOT" PKG_CONFIG_LIBDIR="$SYSROOT/usr/lib/$triplet/pkgconfig"
	# Go's cache does not notice another answer of pkg-config, but it notices another flag.
	export CGO_LDFLAGS="-g -O2 -L$SYSROOT/usr/lib/$triplet"
fi

# build TOOL CGO TAGS LDFLAGS PACKAGE [FLAG...]
build() {
	tool=$1 cgo=$2 tags=$3 ldflags=$4 package=$5
	shift 5
	cd "$here/$tool"
	CGO_ENABLED=$cgo go build -mod=readonly -trimpath -tags "$tags" -ldflags "-s -w $ldflags" -o "$out/$tool" "$@" "$package"
}

# build_img changes BuildKit on the way, as img/patch says.
build_img() {
	patched=$(mktemp -d)
	trap 'rm -rf "$patched"' EXIT
	(cd "$here/img" && GOOS='' GOARCH='' CGO_ENABLED=0 go run -mod=readonly ./patch "$patched")
	build img 0 slots "" . -modfile "$patched/go.mod"
}

for tool; do
	case $tool in
	runc)
		build runc 1 "seccomp osusergo netgo" -extldflags=-static github.com/opencontainers/runc
		;;
	img)
		build_img
		;;
	ownership)
		build ownership 0 "" "" .
		;;
	docker-credential-gcr)
		build docker-credential-gcr 0 "" "" github.com/GoogleCloudPlatform/docker-credential-gcr/v2
		;;
	*)
		echo "compile.sh: no such tool: $tool" >&2
		exit 2
		;;
	esac
done
