#!/bin/sh
# Loads the AppArmor profile /profiles/$1 into the node's kernel with the node's own apparmor_parser. Where the node has no AppArmor
# there is nothing to do. The profile stays loaded until the node restarts: a builder may still run under it.
set -eu
profile=/profiles/$1

# parse OPTION...: reads a profile from stdin. The caches lie on the node's disk, which is not ours to write.
parse() { chroot /node apparmor_parser --skip-cache --skip-read-cache "$@"; }

load() {
	if parse --skip-kernel-load <"$profile" 2>/dev/null; then
		parse --replace <"$profile"
	else
		# Before AppArmor 4.0 there is no rule for user namespaces, and no need of one.
		grep -v '^ *userns,' "$profile" | sed 's|<abi/4.0>|<abi/3.0>|' | parse --replace
	fi
	echo "loaded $1"
}

trap 'exit 0' TERM INT
if [ "$(cat /node/sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
	load "$1"
else
	echo "this node has no AppArmor"
fi
: >/tmp/done
while :; do
	sleep 3600 &
	wait $!
done
