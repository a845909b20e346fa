#!/bin/sh
# notes.sh VERSION: prints the section of CHANGELOG.md for a version, given without its v. Fails if there is none.
set -eu
cd "$(dirname "$0")/../.."
awk -v head="## [$1]" '
	index($0, head) == 1 { found = 1; next }
	found && (/^## / || /^\[/) { exit }
	found { print }
	END { exit !found }
' CHANGELOG.md || {
	echo "error: release $1: CHANGELOG.md has no section for it" >&2
	exit 1
}
