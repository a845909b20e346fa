#!/bin/sh
# compile.sh OUT TOOL...: compiles each named tool, from the module of the same name next to this script, to OUT/TOOL.
# The Dockerfile and the tests' cluster both call it, so that both get the same binaries.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Workspaces of the caller must not leak into a pinned module.
export GOWORK=off

# build TOOL CGO TAGS LDFLAGS PACKAGE [FLAG]
build() {
	cd "$here/$1"
	CGO_ENABLED=$2 go build -mod=readonly -trimpath -tags "$3" -ldflags "-s -w $4" -o "$out/$1" ${6:+"$6"} "$5"
}

# patch prints the go.mod of img with its containerd replaced by a copy, in which overlayfs is mounted as img/containerd says.
patch() {
	cd "$here/img"
	module=github.com/containerd/containerd
	go mod download $module
	mkdir "$scratch/containerd"
	cp -R "$(go list -m -f '{{.Dir}}' $module)/." "$scratch/containerd/"
	chmod -R u+w "$scratch/containerd"
	cp "$(go list -m -f '{{.GoMod}}' $module)" "$scratch/containerd/go.mod"
	cp -R containerd/. "$scratch/containerd/"
	sed -i 's/err := mountAt(chdir,/err := mountUserXattr(chdir,/' "$scratch/containerd/mount/mount_linux.go"
	grep -q mountUserXattr "$scratch/containerd/mount/mount_linux.go"
	cp go.mod go.sum "$scratch/"
	go mod edit -replace "$module=$scratch/containerd" "$scratch/go.mod"
	echo "$scratch/go.mod"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for tool; do
	case $tool in
	runc)
		build runc 1 "seccomp osusergo netgo" -extldflags=-static github.com/opencontainers/runc
		;;
	img)
		modfile=$(patch)
		# noembed leaves out img's own runc of 2019: a current one is on PATH.
		build img 1 "seccomp noembed osusergo netgo static_build" \
			"-X github.com/genuinetools/img/version.VERSION=v0.5.11 -extldflags=-static" github.com/genuinetools/img "-modfile=$modfile"
		;;
	docker-credential-gcr)
		build docker-credential-gcr 0 "" "" github.com/GoogleCloudPlatform/docker-credential-gcr/v2
		;;
	ownership)
		build ownership 0 "" "" .
		;;
	*)
		echo "compile.sh: no such tool: $tool" >&2
		exit 2
		;;
	esac
done
