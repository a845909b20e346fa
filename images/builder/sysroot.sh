#!/bin/sh
# sysroot.sh ARCH ROOT PACKAGE...: unpacks Debian's essential packages, the named packages, and those that they depend on, for ARCH, in ROOT. They come
# from the sources of this machine's apt. Their scripts do not run, so that it works for every architecture.
set -eu

arch=$1
root=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"

# get COMMAND...: apt-get for a machine of ARCH that has no package yet.
get() {
	apt-get -qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State::status=/dev/null -o Dir::State::lists="$work/lists" \
		-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

get update
get install -y --no-install-recommends --download-only '?essential' "$@" >/dev/null

# Debian's own installation makes these links, too.
for dir in bin lib lib64 sbin; do
	mkdir -p "$root/usr/$dir"
	ln -s "usr/$dir" "$root/$dir"
done
for package in "$work"/cache/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
done
