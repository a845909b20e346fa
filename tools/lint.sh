#!/bin/sh
# Checks every Go module with golangci-lint, every script with shellcheck, and the Jenkins library with its own linter. Compiles the
# version of golangci-lint that tools/golangci-lint pins, once.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
version=$(cksum <tools/golangci-lint/go.sum | cut -d ' ' -f 1)
linter=${KUBECTL_IMG_TESTS_CACHE:-${CACHE:-/var/cache/kubectl-img}}/golangci-lint-$version
if [ ! -x "$linter" ]; then
	echo "compile golangci-lint (minutes, once)" >&2
	(cd tools/golangci-lint && go build -o "$linter" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
fi
"$linter" run --allow-serial-runners ./...
# Without gosec, which objects to raw system calls and file paths. These modules consist of them.
for module in images/builder/img images/builder/ownership; do
	(cd $module && "$linter" run --allow-serial-runners --disable gosec --config "$root/.golangci.yml" ./...)
done
for module in tests tools/seccomp tools/fileorder; do
	(cd $module && "$linter" run --allow-serial-runners --config "$root/.golangci.yml" ./...)
done
# The files of a package use each other in one direction only.
(cd tools/fileorder && go test ./... && for module in . tests images/builder/img images/builder/ownership; do go run . "$root/$module" ./...; done)
git ls-files -z '*.sh' .ci/run ':!*/testdata/*' | xargs -0 shellcheck --shell sh
tools/groovy-lint.sh
