#!/bin/sh
# tool.sh MODULE COMMAND: prints the path of a command's binary. Compiles the version that tools/MODULE pins, once.
set -eu
cd "$(dirname "$0")/$1"
version=$(cksum <go.sum | cut -d ' ' -f 1)
directory=${KUBECTL_IMG_TESTS_CACHE:-${CACHE:-/var/cache/kubectl-img}}/tools/$1-$version
if [ ! -x "$directory/$2" ]; then
	echo "compile $2 (once)" >&2
	package=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' tool | grep -E "/$2(/v[0-9]+)?\$")
	mkdir -p "$directory"
	# The rename is last, so that an interrupted build leaves no incomplete binary under this name.
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$directory/$2.$$" "$package"
	mv "$directory/$2.$$" "$directory/$2"
fi
echo "$directory/$2"
