#!/bin/sh
# init.sh STATE COMPONENT...: process 1 of the cluster's namespaces. Killing it ends all processes of the cluster.
# The file STATE/commands/COMPONENT has the command of each component, one argument on each line.
set -eu

state=$1
shift
cd "$state"

start() {
	name=$1
	set --
	while IFS= read -r argument; do
		set -- "$@" "$argument"
	done <"commands/$name"
	"$@" >"log/$name" 2>&1 </dev/null &
}

# The host must not see mounts of the cluster, and pods must see later ones.
mount --make-rprivate /
mount --make-rshared /
mount -t proc proc /proc
# containerd and the kubelet always write to these directories. What they write goes away with the namespace.
for dir in /run /var/log /var/lib/cni /var/lib/kubelet; do
	mkdir -p "$dir"
	mount -t tmpfs -o mode=755 tmpfs "$dir"
done

# The host makes the network link after it has moved this process into the cgroup.
until ip link show eth0 >/dev/null 2>&1; do
	sleep 0.02
done
ip link set lo up
ip address add "$SERVICE_IP/32" dev lo
ip address add "$NODE_IP/30" dev eth0
ip link set eth0 up

for component; do
	case $component in
	controller-manager | scheduler | kubelet)
		# These end if the API server takes long to answer.
		until kubectl --kubeconfig admin.kubeconfig get --raw /readyz >/dev/null 2>&1; do
			sleep 0.1
		done
		;;
	esac
	start "$component"
done
wait
