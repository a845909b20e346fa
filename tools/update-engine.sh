#!/bin/sh
# update-engine.sh [VERSION]: moves the engine to a version of BuildKit, the newest by default, with the containerd that it requires and at
# least the runc that its own image has. Then it checks the modules for vulnerabilities, runs img's tests, and on the test cluster the whole
# corpus and the hostile suite, builds the corpus with the earlier engine, too, and says what changed. Needs Linux and root. Nothing is
# committed.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
img=$root/images/builder/img
runc=$root/images/builder/runc
peers=$root/tools/buildx
buildkit=github.com/moby/buildkit
work=$(mktemp -d)
log=$work/log
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# versions FILE: writes the versions of the engine's parts, a line each.
versions() {
	(cd "$img" && go list -m -f '{{.Path}} {{.Version}}' $buildkit github.com/containerd/containerd/v2 github.com/tonistiigi/fsutil)
	(cd "$runc" && go list -m -f '{{.Path}} {{.Version}}' github.com/opencontainers/runc)
}

# abilities: prints what img says that it can, a line each.
abilities() {
	(cd "$img" && go run . version --json) | sed 's/.*"abilities":\[\([^]]*\)\].*/\1/' | tr ',' '\n' | tr -d '"'
}

# changes BEFORE AFTER: prints the lines that are in one file only.
changes() {
	if cmp -s "$1" "$2"; then
		echo "    unchanged"
	else
		diff "$1" "$2" | sed -n 's/^< /    - /p; s/^> /    + /p'
	fi
}

cluster() {
	(cd tests && go run ./cluster/cmd/cluster "$@")
}

versions >"$work/versions.before"
abilities >"$work/abilities.before"
version=$(cd "$img" && go list -m -f '{{.Version}}' "$buildkit@${1:-latest}")
if grep -qxF "$buildkit $version" "$work/versions.before"; then
	echo "the engine has BuildKit $version already"
	exit 0
fi

echo "keep the builder image with the earlier engine" >&2
if ! cluster status >/dev/null 2>&1; then
	trap 'cluster down; rm -rf "$work"' EXIT
fi
cluster up
eval "$(cluster env)"
skopeo copy --quiet "docker://$KUBECTL_IMG_IMAGE" "oci-archive:$work/before.tar"

echo "move to BuildKit $version" >&2
(cd "$img" && go get "$buildkit@$version" && go mod tidy)
# What BuildKit's own image has is what its maintainers test with. A newer runc stays.
tested=$(sed -n 's/^ARG RUNC_VERSION=//p' "$(cd "$img" && go list -m -f '{{.Dir}}' $buildkit)/Dockerfile")
ours=$(cd "$runc" && go list -m -f '{{.Version}}' github.com/opencontainers/runc)
if [ "$(printf '%s\n' "$tested" "$ours" | sort -V | tail -n 1)" != "$ours" ]; then
	(cd "$runc" && go get "github.com/opencontainers/runc@$tested" && go mod tidy)
fi
(cd "$peers" && go get "$buildkit@$version" && go mod tidy)
versions >"$work/versions.after"
abilities >"$work/abilities.after"

status=0
for module in "$img" "$runc"; do
	tools/vulncheck.sh "$module" || status=1
done
(cd "$img" && go vet ./... && go test ./...) || status=1
cluster up
skopeo copy --quiet "oci-archive:$work/before.tar" "docker://$KUBECTL_IMG_TESTS_REGISTRY/kubectl-img/builder:before"
(
	cd tests
	KUBECTL_IMG_TESTS_CORPUS=${KUBECTL_IMG_TESTS_CORPUS:-all} KUBECTL_IMG_TESTS_CORPUS_BEFORE=$KUBECTL_IMG_TESTS_REGISTRY/kubectl-img/builder:before \
		go test -count=1 -timeout 60m -v -run TestCorpus ./e2e
) >"$log" 2>&1 || status=1
grep -E '^ *(--- FAIL|FAIL|ok )' "$log" || true
make -s hostile || status=1

echo "versions:"
changes "$work/versions.before" "$work/versions.after"
echo "abilities:"
changes "$work/abilities.before" "$work/abilities.after"
echo "images of the corpus, compared with those of the earlier engine:"
sed -n 's/^.*compared with the earlier engine: /    /p' "$log" | sort >"$work/corpus"
grep -v ': identical ' "$work/corpus" || true
echo "    identical: $(grep -c ': identical ' "$work/corpus" || true) of $(wc -l <"$work/corpus")"
if [ $status != 0 ]; then
	kept=$(mktemp)
	cp "$log" "$kept"
	echo "error: update engine: a check has failed; the corpus' log is $kept" >&2
fi
exit $status
