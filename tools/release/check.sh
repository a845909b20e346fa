#!/bin/sh
# check.sh IS_SNAPSHOT: fails for a release whose builder image is not named by digest.
set -eu
[ "$1" != true ] || exit 0
if ! echo "${BUILDER_IMAGE:-}" | grep -Eq '^[^@ ]+@sha256:[0-9a-f]{64}$'; then
	echo "error: release without a builder image: BUILDER_IMAGE is '${BUILDER_IMAGE:-}', want REPOSITORY@sha256:DIGEST" >&2
	exit 1
fi
