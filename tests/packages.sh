#!/bin/sh
# Installs the programs that are missing on this machine and that tests use: shells and tars of builder images, shellcheck, groff, AppArmor's parser,
# Jenkins' version of Groovy, and tools for images.
set -eu
missing=""
for pair in busybox:busybox-static dash:dash shellcheck:shellcheck zstd:zstd apparmor_parser:apparmor groff:groff-base groovy:groovy buildah:buildah skopeo:skopeo; do
	command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
# runc, which vulncheck reads and the cluster compiles, is linked with libseccomp.
pkg-config --exists libseccomp 2>/dev/null || missing="$missing pkg-config libseccomp-dev"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "error: missing:$missing; install them, or run as root on Debian" >&2
	exit 1
fi
apt-get -qq update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
