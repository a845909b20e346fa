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

# build TOOL CGO TAGS LDFLAGS PACKAGE
build() {
	cd "$here/$1"
	CGO_ENABLED=$2 go build -mod=readonly -trimpath -tags "$3" -ldflags "-s -w $4" -o "$out/$1" "$5"
}

for tool; do
	case $tool in
	runc)
		build runc 1 "seccomp osusergo netgo" -extldflags=-static github.com/opencontainers/runc
		;;
	img | ownership)
		build "$tool" 0 "" "" .
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
