#!/bin/sh
# publish.sh VERSION: builds and signs a release, and uploads it to GitHub as a draft. The tag vVERSION must be checked out, cosign and gh
# must be on PATH, and BUILDER_IMAGE must name the builder image by its digest.
set -eu
cd "$(dirname "$0")/../.."
for program in cosign gh; do
	command -v $program >/dev/null || {
		echo "error: release $1: no $program on PATH" >&2
		exit 1
	}
done
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
tools/release/notes.sh "$1" >"$notes"
tools/release/goreleaser.sh --release-notes "$notes"
go run ./krew/cmd/manifest >dist/img.yaml
gh release upload "v$1" dist/img.yaml
