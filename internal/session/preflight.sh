# The check before the engine starts, in front of supervisor.sh: did the node do all that the profile asks for, and is there what the
# engine's user namespace takes? It fails with 2 where a control of the pod or its node is in the way, which another profile may get
# around, and with 1 where the builder image lacks something. What it prints names the control.

blocked() { echo "$1" && exit 2; }
unfit() { echo "$1" && exit 1; }

# preflight runs in a subshell: it ends at the first thing it finds.
preflight() {
	for tool in $TOOLS tar tee dd gzip sha256sum mkfifo tail; do
		command -v "$tool" >/dev/null || unfit "the builder image has no $tool"
	done
	seccomp="" no_new_privs="" bounding=""
	while read -r key value; do
		case $key in
		Seccomp:) seccomp=$value ;;
		NoNewPrivs:) no_new_privs=$value ;;
		CapBnd:) bounding=$value ;;
		esac
	done </proc/self/status
	read -r inside outside ids </proc/self/uid_map
	isolated
	[ -z "${LOSSES:-}" ] || one_id
	[ "$no_new_privs" != 1 ] || blocked "no_new_privs is set (allowPrivilegeEscalation: false), which takes newuidmap's capability away"
	ranges
	# Where the user namespace was not entered just now, only the engine itself can tell whether it can.
	[ -z "$ENTER" ] || return 0
	said=$($PROBE 2>&1) && return
	controls
	blocked "the engine does not start: $(printf %s "$said" | tail -n 1)"
}

# isolated holds the node to what the profile asks for: an old one ignores what it does not know.
isolated() {
	case $PROFILE:${HOST_USERS:-} in
	userns: | restricted:)
		[ "$inside $outside" != "0 0" ] || blocked "the node gave the pod no user namespace (hostUsers: false), which profile $PROFILE asks for"
		;;
	esac
	case $PROFILE in
	userns)
		! grep -q ' /proc[/]' /proc/self/mountinfo || blocked "the node covers parts of /proc (procMount), which keeps a pid namespace of their own from build steps"
		;;
	esac
	case $PROFILE:$seccomp in # 2 is a filter
	userns:2 | restricted:2 | localhost:2 | unset:* | unconfined:*) ;;
	*) blocked "the node applies no seccomp profile, which profile $PROFILE asks for" ;;
	esac
}

# one_id ends the check where the engine's user namespace has the pod's own id and no other.
one_id() {
	said=$(${ENTER%% env *} ownership --check "$STATE" 2>&1) && exit 0
	namespaces
	blocked "$(printf %s "$said" | sed -n '$s/^ownership: //; $p')"
}

# ranges wants the image's ids to be ids of the pod.
ranges() {
	for file in /etc/subuid /etc/subgid; do
		range=$(sed -n "s/^\($USER\|$(id -u)\):\([0-9]*:[0-9]*\)$/\2/p" "$file" 2>/dev/null | head -n 1)
		[ -n "$range" ] || unfit "$file in the builder image has no range for user $USER"
		[ $((${range%:*} + ${range#*:})) -le "$ids" ] ||
			blocked "range $range of $file in the builder image exceeds the $ids ids of the pod"
	done
}

# controls names what keeps an unprivileged process from a user namespace with a range of ids, the certain ones first.
controls() {
	namespaces
	case $bounding in # bits 6 and 7: SETGID, SETUID
	*[cdefCDEF]?) ;;
	*) blocked "the pod lacks the capabilities SETUID and SETGID (bounding set $bounding), which newuidmap takes" ;;
	esac
	mapped || unfit "newuidmap in the builder image maps no ids; it wants the file capability cap_setuid, in place of a setuid bit: $why"
}

# namespaces names what keeps it from one at all.
namespaces() {
	[ "$(setting user/max_user_namespaces)" != 0 ] || blocked "user.max_user_namespaces is 0 on the node"
	[ "$(setting kernel/unprivileged_userns_clone)" != 0 ] || blocked "kernel.unprivileged_userns_clone is 0 on the node"
	apparmor=$(cat /proc/self/attr/apparmor/current 2>/dev/null || cat /proc/self/attr/current 2>/dev/null)
	case $(setting kernel/apparmor_restrict_unprivileged_userns):$apparmor in
	1:unconfined*) blocked "AppArmor keeps unconfined processes from user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1 on the node)" ;;
	esac
	# A busybox shell would take its own.
	unshare=/usr/bin/unshare
	[ -x $unshare ] || unshare="unshare"
	if ! why=$(LC_ALL=C $unshare -U true 2>&1); then
		case $why in
		*"No space left"*) blocked "the limit of user namespaces (user.max_user_namespaces) is reached on the node, or they are nested too deep" ;;
		esac
		denied "user namespaces (unshare)"
	fi
	$unshare -U -r -m true 2>/dev/null || denied "mounts in a user namespace"
}

# mapped tries newuidmap on a process in a user namespace of its own.
mapped() {
	$unshare -U sleep 5 &
	for _ in 1 2 3 4 5 6 7 8; do
		[ "$(readlink /proc/$!/ns/user)" = "$(readlink /proc/self/ns/user)" ] || break
		pause
	done
	why=$(newuidmap $! 0 "$(id -u)" 1 1 "${range%:*}" 1 2>&1)
	set -- $?
	kill $!
	return "$1"
}

# denied WHAT: by AppArmor where a profile is in force, else by seccomp.
denied() {
	case $apparmor in
	'' | unconfined*) [ "$seccomp" != 2 ] || blocked "the seccomp profile of the pod denies $1" ;;
	*) blocked "the AppArmor profile $apparmor denies $1" ;;
	esac
	blocked "the kernel of the node denies $1"
}

setting() { cat "/proc/sys/$1" 2>/dev/null; }

