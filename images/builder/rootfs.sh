#!/bin/sh
# rootfs.sh BIN ROOT [SYSROOT]: assembles the builder image's root file system in ROOT, from this Debian machine and the tools in BIN, or from the same
# Debian for another architecture in SYSROOT. Needs root. The Dockerfile and the tests' cluster both call it, so that both images have the same content.
set -eu

bin=$1
root=$2
sysroot=${3:-}
mkdir -p "$root"

# add FILE...: copies each file under its own path, together with the shared libraries it needs.
add() {
	for file; do
		place "$file"
		libraries "$file" | while read -r library; do
			[ -e "$root$library" ] || place "$library"
		done
	done
}

# libraries FILE: the paths of the shared libraries that a program needs. This machine's loader finds only those of its own architecture.
libraries() {
	if [ -z "$sysroot" ]; then
		ldd "$1" 2>/dev/null | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p'
		return
	fi
	readelf -l -d "$sysroot$1" 2>/dev/null | sed -n 's/.*program interpreter: \(.*\)\].*/\1/p; s/.*(NEEDED).*\[\(.*\)\].*/\1/p' | while read -r name; do
		[ "${name#/}" = "$name" ] || {
			echo "$name"
			continue
		}
		for library in "$sysroot"/lib/*-linux-gnu*/"$name" "$sysroot"/usr/lib/*-linux-gnu*/"$name"; do
			[ ! -e "$library" ] || {
				echo "${library#"$sysroot"}"
				libraries "${library#"$sysroot"}"
				break
			}
		done
	done
}

place() {
	mkdir -p "$root$(dirname "$1")"
	cp -L "$sysroot$1" "$root$1"
}

for dir in bin dev etc/ssl/certs home/user/.local/share/img proc root run/user/1000 sys tmp usr/bin usr/lib var/tmp workspace; do
	mkdir -p "$root/$dir"
done

cp "$sysroot/bin/busybox" "$root/bin/busybox"
/bin/busybox --list | while read -r applet; do
	[ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"
done
ln -sf /bin/busybox "$root/usr/bin/env"

cp "$bin/img" "$bin/runc" "$bin/ownership" "$root/usr/bin/"

# git, for build contexts that are git URLs: the transport over https and submodules are programs of their own.
core=/usr/lib/git-core
add /usr/bin/git "$core/git-remote-http" "$core/git-sh-i18n--envsubst"
place "$core/git-submodule"
place "$core/git-sh-setup"
place "$core/git-sh-i18n"
ln -sf git-remote-http "$root$core/git-remote-https"

# Busybox copies by the kilobyte and hashes without the processor's help, which a large context feels.
add /usr/bin/tee /usr/bin/openssl

# Profile restricted enters the engine's user namespace with this unshare: a busybox shell would take its own applet for the bare name.
add /usr/bin/unshare

# It locks a cache volume.
add /usr/bin/flock

# Debian's setuid bit would give euid 0 without the one capability that writing a map needs; a file capability grants just that.
add /usr/bin/newuidmap /usr/bin/newgidmap
chmod 0755 "$root/usr/bin/newuidmap" "$root/usr/bin/newgidmap"
setcap cap_setuid+ep "$root/usr/bin/newuidmap"
setcap cap_setgid+ep "$root/usr/bin/newgidmap"

printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >"$root/etc/group"
# A pod with a user namespace of its own has the ids below 65536, and its files can be owned by 0 to 65534. In any other pod the ids below
# 1000 belong to the node: img leaves them out there, and takes the third range, which nobody else uses.
printf 'user:1001:64535\nuser:1:999\nuser:2147000000:999\n' >"$root/etc/subuid"
printf 'user:1001:64535\nuser:1:999\nuser:2147000000:999\n' >"$root/etc/subgid"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

chown -R 1000:1000 "$root/home/user" "$root/run/user/1000" "$root/workspace"
chmod 0700 "$root/run/user/1000"
chmod 1777 "$root/tmp" "$root/var/tmp"
