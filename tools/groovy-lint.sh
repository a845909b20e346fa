#!/bin/sh
# Runs npm-groovy-lint, installed once from its own pinned package, over the Jenkins library.
set -eu
cd "$(dirname "$0")/.."
version=$(cksum <tools/npm-groovy-lint/package-lock.json | cut -d ' ' -f 1)
directory=${KUBECTL_IMG_TESTS_CACHE:-${CACHE:-/var/cache/kubectl-img}}/npm-groovy-lint-$version
if [ ! -d "$directory" ]; then
	mkdir -p "$directory.$$"
	cp tools/npm-groovy-lint/package.json tools/npm-groovy-lint/package-lock.json "$directory.$$"
	npm ci --prefix "$directory.$$" --silent --no-audit --no-fund
	mv "$directory.$$" "$directory"
fi
# Without its server, which would go on running. It is told to say everything, and nothing may be left to say.
"$directory/node_modules/.bin/npm-groovy-lint" --noserver --path jenkins --config jenkins/.groovylintrc.json --failon info
