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

# copy NAME: img's module of github.com/containerd with what is in img/NAME, in place of the module.
copy() {
	module=github.com/containerd/$1
	go mod download "$module"
	mkdir "$scratch/$1"
	cp -R "$(go list -m -f '{{.Dir}}' "$module")/." "$scratch/$1/"
	chmod -R u+w "$scratch/$1"
	cp "$(go list -m -f '{{.GoMod}}' "$module")" "$scratch/$1/go.mod"
	cp -R "$1/." "$scratch/$1/"
	go mod edit -replace "$module=$scratch/$1" "$scratch/go.mod"
}

# change FROM TO FILE...: a call that each of these files has.
change() {
	from=$1 to=$2
	shift 2
	for file; do
		grep -q "$from" "$scratch/$file"
		sed -i "s/$from/$to/" "$scratch/$file"
	done
}

# patch prints the go.mod of img in which overlayfs is mounted, and files are looked at, as img/containerd and img/continuity say.
patch() {
	cd "$here/img"
	cp go.mod go.sum "$scratch/"
	copy containerd
	copy continuity
	change 'err := mountAt(chdir,' 'err := mountUserXattr(chdir,' containerd/mount/mount_linux.go
	change 'os\.Lstat(' 'fs.Lstat(' containerd/archive/tar.go containerd/archive/tar_unix.go
	change 'os\.Lstat(' 'Lstat(' continuity/fs/path.go
	change 'filepath\.Walk(' 'Walk(' continuity/fs/path.go continuity/fs/diff.go continuity/fs/du_unix.go
	change '"path.filepath"' '' continuity/fs/du_unix.go # it has no other use of it
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
