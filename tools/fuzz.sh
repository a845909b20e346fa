#!/bin/sh
# Fuzzes every target for FUZZTIME, one after the other: go test takes one at a time. What fails is kept in testdata/fuzz of the
# package, where every later go test runs it.
set -eu
cd "$(dirname "$0")/.."
grep -r --include='*_test.go' --exclude-dir=tests '^func Fuzz' . |
	sed 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z]*\)(.*|\1 \2|' | sort |
	while read -r package target; do
		# Without a bound, half of the time goes into making inputs shorter.
		(cd "$package" && go test -run "^$" -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 20x "$@" . </dev/null)
	done
