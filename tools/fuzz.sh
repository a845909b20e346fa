#!/bin/sh
# Fuzzes every target for FUZZTIME, one at a time. Inputs that fail stay in testdata/fuzz of the package, and every later go test runs
# them.
set -eu
cd "$(dirname "$0")/.."
grep -r --include='*_test.go' --exclude-dir=tests '^func Fuzz' . |
	sed 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z]*\)(.*|\1 \2|' | sort |
	while read -r package target; do
		# By default, go test spends half of the time on minimizing inputs.
		(cd "$package" && go test -run "^$" -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 20x "$@" . </dev/null)
	done
