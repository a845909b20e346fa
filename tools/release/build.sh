#!/bin/sh
# build.sh VERSION: builds the files of a release in dist, with the krew manifest and the release notes. The tag vVERSION must be checked
# out, and BUILDER_IMAGE must name the builder image by its digest. Nothing is signed or published; .github/workflows/release.yml does that.
set -eu
cd "$(dirname "$0")/../.."
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
tools/release/notes.sh "$1" >"$notes"
tools/release/goreleaser.sh --skip=publish,announce --release-notes "$notes"
go run ./krew/cmd/manifest >dist/img.yaml
cp "$notes" dist/notes.md
