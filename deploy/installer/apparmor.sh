#!/bin/sh
# Loads the AppArmor profile /profiles/$1 into the node's kernel, with the node's own apparmor_parser. Does nothing on a node without
# AppArmor. The profile stays loaded until the node restarts, because builders may still run under it.
set -eu
profile=/profiles/$1
parser=/node/usr/sbin/apparmor_parser

# The parser needs the node's libraries, so the node's dynamic loader starts it. Distributions have the loader in different directories.
find_loader() {
	for loader in /node/usr/lib/*/ld-linux*.so.* /node/usr/lib64/ld-linux*.so.* /node/usr/lib/ld-linux*.so.*; do
		libraries=${loader%/*}:/node/usr/lib
		! "$loader" --library-path "$libraries" "$parser" --version >/dev/null 2>&1 || return 0
	done
	echo "error: load AppArmor profile: this node has no apparmor_parser in /usr/sbin; load the profile by hand" >&2
	return 1
}

# parse OPTION...: reads a profile from stdin. It does not use the parser's caches, which are on the node's disk, nor its configuration, which the pod
# does not have.
parse() {
	"$loader" --library-path "$libraries" "$parser" --config-file /dev/null --skip-cache --skip-read-cache --subdomainfs /sys/kernel/security/apparmor "$@"
}

load() {
	find_loader
	if parse --skip-kernel-load <"$profile" 2>/dev/null; then
		parse --replace <"$profile"
	else
		# Parsers before 4.0 do not know the rule for user namespaces. Their kernels do not need it.
		grep -v '^ *userns,' "$profile" | sed 's|<abi/4.0>|<abi/3.0>|' | parse --replace
	fi
	echo "loaded $1"
}

trap 'exit 0' TERM INT
if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
	load "$1"
else
	echo "this node has no AppArmor"
fi
: >/tmp/done
while :; do
	sleep 3600 &
	wait $!
done
