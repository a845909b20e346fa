#!/bin/sh
# goreleaser.sh [FLAGS...]: runs `goreleaser release` from its pinned module with what .goreleaser.yaml asks for.
set -eu
cd "$(dirname "$0")/../.."
sbom=$(tools/tool.sh cyclonedx-gomod cyclonedx-gomod)
goreleaser=$(tools/tool.sh goreleaser goreleaser)
PATH=$(dirname "$sbom"):$PATH
# Twelve digits: how far git shortens by itself depends on the clone.
COMMIT=$(git rev-parse --short=12 HEAD)
COMMIT_TIMESTAMP=$(git log -1 --format=%ct)
COMMIT_DATE=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)
# A release is compiled by the Go that go.mod names, whichever starts it: the same sums, and the fixes of its standard library.
GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
BUILDER_IMAGE=${BUILDER_IMAGE:-}
export PATH COMMIT COMMIT_TIMESTAMP COMMIT_DATE GOTOOLCHAIN BUILDER_IMAGE
"$goreleaser" release --clean "$@"
