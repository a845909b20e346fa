#!/bin/sh
# publish.sh REGISTRY VERSION: builds the builder image, and its variants with registry helpers, and pushes them as
# REGISTRY/builder:VERSION, :VERSION-gcr and :VERSION-gcloud. TARGETS names fewer. With docker, buildah, or kubectl img,
# whichever is here and works. The last line names the first of them by its digest, for BUILDER_IMAGE.
set -eu
cd "$(dirname "$0")"
registry=${1:?usage: make image REGISTRY=registry/path}
version=${2:?usage: publish.sh REGISTRY VERSION}
repository=$registry/builder

if docker info >/dev/null 2>&1; then
	tool=docker
elif command -v buildah >/dev/null; then
	tool=buildah
elif command -v kubectl-img >/dev/null; then
	tool=kubectl
else
	echo "error: no docker engine, no buildah and no kubectl-img on PATH" >&2
	exit 1
fi

# build TARGET REFERENCE: sets pushed to REPOSITORY@DIGEST.
build() {
	case $tool in
	docker)
		docker build --target "$1" -t "$2" .
		docker push "$2"
		pushed=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$2" | grep -F "$repository@" | head -n 1)
		;;
	buildah)
		digest=$(mktemp)
		buildah build --layers --target "$1" -t "$2" .
		buildah push --digestfile "$digest" "$2"
		pushed=$repository@$(cat "$digest")
		rm -f "$digest"
		;;
	kubectl) pushed=$(kubectl img build --target "$1" -t "$2" .) ;;
	esac
}

image=
for target in ${TARGETS:-builder gcr gcloud}; do
	case $target in
	builder) build "$target" "$repository:$version" ;;
	*) build "$target" "$repository:$version-$target" ;;
	esac
	image=${image:-$pushed}
done
echo "use it with: kubectl img build --image $repository:$version, or build the plugin with BUILDER_IMAGE as here:"
echo "BUILDER_IMAGE=$image"
