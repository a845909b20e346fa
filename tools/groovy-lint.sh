#!/bin/sh
# Checks the Jenkins library with npm-groovy-lint. Installs the version of tools/npm-groovy-lint, once.
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
# --noserver, because the server would keep running. --failon info fails for any finding.
"$directory/node_modules/.bin/npm-groovy-lint" --noserver --path jenkins --config jenkins/.groovylintrc.json --failon info
