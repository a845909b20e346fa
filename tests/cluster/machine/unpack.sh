#!/bin/sh
# unpack.sh SUITE ARCH ROOT PACKAGE,...: unpacks a minimal Debian with more packages in ROOT. It does not run the packages' scripts, so that it works
# for every architecture.
set -eu
suite=$1 arch=$2 root=$3 packages=$4
log=$root.log
debootstrap --foreign --arch="$arch" --variant=minbase --include="$packages" "$suite" "$root" >"$log" 2>&1 || {
	tail -n 5 "$log" >&2
	exit 1
}
rm "$log"
for package in "$root"/var/cache/apt/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
done
for dir in proc sys dev; do # after the first stage of debootstrap, they can be links to those of this machine
	rm -rf "${root:?}/$dir"
	mkdir "$root/$dir"
done
rm -rf "$root"/var/cache/apt/archives/* "$root/debootstrap" "$root"/usr/share/doc "$root"/usr/share/locale "$root"/usr/share/man
