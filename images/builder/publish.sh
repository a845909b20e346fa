#!/bin/sh
# publish.sh REGISTRY VERSION: builds the builder image, and its variants with registry helpers, and pushes them as
# REGISTRY/builder:VERSION, :VERSION-gcr and :VERSION-gcloud. Each is an index for amd64 and arm64. TARGETS names fewer images, and PLATFORMS fewer
# platforms. With docker, buildah, or kubectl img, whichever is here and works. The last line names the first image by its digest, for BUILDER_IMAGE.
set -eu
cd "$(dirname "$0")"
registry=${1:?usage: make image REGISTRY=registry/path}
version=${2:?usage: publish.sh REGISTRY VERSION}
repository=$registry/builder
platforms=${PLATFORMS:-linux/amd64,linux/arm64}

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

# build TARGET REFERENCE: sets pushed to REPOSITORY@DIGEST of the index.
build() {
	case $tool in
	docker)
		# An engine without containerd's image store builds one platform at a time, so each has a tag of its own.
		set -- "$1" "$2" ""
		for platform in $(echo "$platforms" | tr , ' '); do
			part=$2-${platform##*/}
			docker build --platform "$platform" --target "$1" -t "$part" .
			docker push "$part"
			set -- "$1" "$2" "$3 $part"
		done
		# shellcheck disable=SC2086 # one argument each
		docker buildx imagetools create -t "$2" $3
		pushed=$repository@$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$2")
		;;
	buildah)
		digest=$(mktemp)
		buildah manifest rm "$2" >/dev/null 2>&1 || : # of an earlier run
		# Some versions know the variable only if they are told.
		buildah build --layers --build-arg BUILDPLATFORM="linux/$(buildah info --format '{{.host.arch}}')" --platform "$platforms" --target "$1" --manifest "$2" .
		buildah manifest push --all --digestfile "$digest" "$2" "docker://$2"
		pushed=$repository@$(cat "$digest")
		rm -f "$digest"
		;;
	kubectl) pushed=$(kubectl img build --platform "$platforms" --target "$1" -t "$2" .) ;;
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
