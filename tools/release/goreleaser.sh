#!/bin/sh
# goreleaser.sh [FLAGS...]: runs the pinned goreleaser with the environment that .goreleaser.yaml uses.
set -eu
cd "$(dirname "$0")/../.."
sbom=$(tools/tool.sh cyclonedx-gomod cyclonedx-gomod)
goreleaser=$(tools/tool.sh goreleaser goreleaser)
PATH=$(dirname "$sbom"):$PATH
# A fixed length: git's default depends on the number of objects in the clone.
COMMIT=$(git rev-parse --short=12 HEAD)
COMMIT_TIMESTAMP=$(git log -1 --format=%ct)
COMMIT_DATE=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)
# The Go version of go.mod compiles the release, whichever version is installed: the checksums depend on it.
GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
BUILDER_IMAGE=${BUILDER_IMAGE:-}
export PATH COMMIT COMMIT_TIMESTAMP COMMIT_DATE GOTOOLCHAIN BUILDER_IMAGE
"$goreleaser" release --clean "$@"
