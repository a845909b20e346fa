#!/bin/sh
# with-cluster.sh COMMAND...: runs COMMAND in this directory while the test cluster runs. If the cluster did not run before, the script stops it at the
# end, even if COMMAND fails.
set -eu
cd "$(dirname "$0")"
cluster=$(mktemp)
trap 'rm -f "$cluster"' EXIT
go build -o "$cluster" ./cluster/cmd/cluster
if ! "$cluster" status >/dev/null 2>&1; then
	trap '"$cluster" down; rm -f "$cluster"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
fi
"$cluster" up
eval "$("$cluster" env)"
"$@"
