#!/bin/sh
# Runs golangci-lint, compiled from its own pinned module, over every module of ours, and shellcheck over every script.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
version=$(cksum <tools/golangci-lint/go.sum | cut -d ' ' -f 1)
linter=${KUBECTL_IMG_TESTS_CACHE:-${CACHE:-/var/cache/kubectl-img}}/golangci-lint-$version
if [ ! -x "$linter" ]; then
	echo "compile golangci-lint (minutes, once)" >&2
	(cd tools/golangci-lint && go build -o "$linter" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
fi
"$linter" run ./...
for module in tests tools/seccomp; do
	(cd $module && "$linter" run --config "$root/.golangci.yml" ./...)
done
git ls-files -z '*.sh' .ci/run ':!*/testdata/*' | xargs -0 shellcheck --shell sh
