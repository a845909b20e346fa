#!/bin/sh
# Installs the file /profiles/$1 in /node and restores it if it changes. Removes it at the end, unless a newer pod of the DaemonSet has
# taken over.
set -eu
file=$1
owner=/node/.$file.owner
read -r self </proc/sys/kernel/hostname # the pod's name

install_profile() {
	cmp -s "/profiles/$file" "/node/$file" && return
	cp "/profiles/$file" "/node/.$file.new"
	chmod 0644 "/node/.$file.new"
	mv "/node/.$file.new" "/node/$file" # atomic: the kubelet may read the file at any time
	echo "installed $file"
}

leave() {
	if [ "$(cat "$owner")" = "$self" ]; then
		rm -f "/node/$file" "$owner"
		echo "removed $file"
	fi
	exit 0
}

trap leave TERM INT
echo "$self" >"$owner"
while :; do
	install_profile
	sleep 10 &
	wait $!
done
