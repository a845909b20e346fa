#!/bin/sh
# vulncheck.sh [MODULE [EXCEPTIONS]]: fails for every known vulnerability that the module's code can reach, unless the file of exceptions
# has it, and for every exception that is no longer needed. A module without Go files is checked for the program that its go.mod names
# as a tool. The database is the version that tools/govulncheck pins, so that the same commit always has the same result.
# VULNDB=https://vuln.go.dev uses the newest one.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
module=${1:-.}
name=$(basename "$(cd "$module" && pwd)")
[ "$module" != . ] || name=plugin
exceptions=${2:-$root/tools/vulncheck/$name.exceptions}
if [ ! -f "$exceptions" ]; then
	echo "error: check vulnerabilities: $module has no list of exceptions, $exceptions" >&2
	exit 1
fi
govulncheck=$("$root/tools/tool.sh" govulncheck govulncheck)
if [ -z "${VULNDB:-}" ]; then
	indexdb=$("$root/tools/tool.sh" govulncheck indexdb)
	database=$(dirname "$indexdb")/database
	if [ ! -d "$database" ]; then
		sources=$(cd tools/govulncheck && go mod download golang.org/x/vulndb && go list -m -f '{{.Dir}}' golang.org/x/vulndb)
		rm -rf "$database.new"
		"$indexdb" -vulns "$sources/data/osv" -out "$database.new"
		mv "$database.new" "$database"
	fi
	VULNDB=file://$database
fi

# Check the standard library of the Go version that go.mod names, which compiles the releases.
GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
# Check the code that images/builder/compile.sh compiles: only runc has cgo and build tags.
CGO_ENABLED=0 tags=
[ "$name" != runc ] || CGO_ENABLED=1 tags="seccomp,osusergo,netgo"
export GOTOOLCHAIN CGO_ENABLED GOWORK=off
report=$(mktemp)
trap 'rm -f "$report"' EXIT
packages=./...
[ -n "$(cd "$module" && go list ./... 2>/dev/null)" ] || packages=$(cd "$module" && go list tool)
status=0
# Exit code 3 means that govulncheck has found something.
# shellcheck disable=SC2086 # one argument for each package
(cd "$module" && "$govulncheck" -db "$VULNDB" -tags "$tags" $packages) >"$report" || status=$?
if [ $status != 0 ] && [ $status != 3 ]; then
	cat "$report"
	exit 1
fi
awk -v exceptions="$exceptions" -v module="$module" '
	BEGIN {
		while ((getline line <exceptions) > 0) {
			if (line ~ /^(#|$)/) continue
			split(line, field, " ")
			if (field[2] == "") { print "error: check vulnerabilities: " field[1] " is excepted without a reason"; bad = 1 }
			excepted[field[1]] = 1
		}
	}
	/^Vulnerability #/ { found[$3] = 1; if (!($3 in excepted)) bad = shown = 1; else shown = 0 }
	shown { print }
	END {
		for (id in found) if (!(id in excepted)) print "error: check vulnerabilities: " id " is reached by our code in " module
		for (id in excepted) if (!(id in found)) { print "error: check vulnerabilities: " id " is excepted and not found any more in " module; bad = 1 }
		exit bad
	}
' "$report"
if [ $status = 3 ] && ! grep -q '^Vulnerability #' "$report"; then
	cat "$report"
	exit 1
fi
echo "vulnerabilities: none in $module except the explained ones ($(grep -c '^[^#]' "$exceptions" || true))"
