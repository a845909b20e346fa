#!/bin/sh
# compile.sh OUT TOOL...: compiles each named tool, from the module of the same name next to this script, to OUT/TOOL.
# The Dockerfile and the tests' cluster both call it, so that both get the same binaries.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)

# build TOOL CGO TAGS LDFLAGS PACKAGE. Workspaces and vendor directories of the caller must not leak into a pinned module.
build() {
	cd "$here/$1"
	CGO_ENABLED=$2 GOWORK=off go build -mod=readonly -tags "$3" -ldflags "-s -w $4" -o "$out/$1" "$5"
}

for tool; do
	case $tool in
	runc)
		build runc 1 "seccomp osusergo netgo" -extldflags=-static github.com/opencontainers/runc
		;;
	img)
		# noembed leaves out img's own runc of 2019: a current one is on PATH.
		build img 1 "seccomp noembed osusergo netgo static_build" \
			"-X github.com/genuinetools/img/version.VERSION=v0.5.11 -extldflags=-static" github.com/genuinetools/img
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
