#!/bin/sh
# Keeps /profiles/$1 in /node until told to stop, and removes it then, unless another pod of the same DaemonSet has taken over.
set -eu
file=$1
owner=/node/.$file.owner
read -r self </proc/sys/kernel/hostname # the pod's name

install_profile() {
	cmp -s "/profiles/$file" "/node/$file" && return
	cp "/profiles/$file" "/node/.$file.new"
	chmod 0644 "/node/.$file.new"
	mv "/node/.$file.new" "/node/$file" # in one step: the kubelet may read it at any time
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
