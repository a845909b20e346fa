# --- check -----------------------------------------------------------------------------------------------------------
#
# The check before the engine starts: does the node isolate the pod as its profile asks, and does it allow the user namespace that
# the engine needs? The check prints the first problem it finds. It exits with 2 if a setting of the pod or its node is the problem,
# because another profile can avoid that, and with 1 if the builder image lacks something.

# check runs in a subshell, which ends at the first problem.
check() {
	for tool in $TOOLS tar tee dd gzip sha256sum mkfifo tail; do
		command -v "$tool" >/dev/null || image_problem "the builder image has no $tool"
	done
	seccomp="" no_new_privs="" bounding_set=""
	while read -r key value; do
		case $key in
		Seccomp:) seccomp=$value ;;
		NoNewPrivs:) no_new_privs=$value ;;
		CapBnd:) bounding_set=$value ;;
		esac
	done </proc/self/status
	read -r inside outside ids </proc/self/uid_map
	check_isolation
	[ -z "${SLOTS_CHECK:-}" ] || check_slots
	[ -z "${LOSSES:-}" ] || check_single_id
	[ "$no_new_privs" != 1 ] || node_problem "no_new_privs is set (allowPrivilegeEscalation: false), which takes newuidmap's capability away"
	check_id_ranges
	[ -z "$can_start" ] || return 0 # if not, only the engine itself can tell
	output=$($PROBE 2>&1) && check_signals && return
	explain_user_namespaces
	explain_id_mapping
	node_problem "the engine does not start: $(printf %s "$output" | tail -n 1)"
}

# These do not use echo: that of dash interprets backslashes.
node_problem() { printf '%s\n' "$1" && exit 2; }
image_problem() { printf '%s\n' "$1" && exit 1; }

# check_isolation compares the pod with its profile: an old node ignores the settings that it does not know.
check_isolation() {
	case $PROFILE:${HOST_USERS:-} in
	userns: | restricted: | stock:)
		[ "$inside $outside" != "0 0" ] || node_problem "the node gave the pod no user namespace (hostUsers: false), which profile $PROFILE asks for"
		;;
	esac
	case $PROFILE in
	userns)
		! grep -q ' /proc[/]' /proc/self/mountinfo || node_problem "the node covers parts of /proc (procMount), which keeps a pid namespace of their own from build steps"
		;;
	esac
	case $PROFILE:$seccomp in # 2 stands for a filter
	userns:2 | restricted:2 | localhost:2 | stock:2 | unset:* | unconfined:*) ;;
	*) node_problem "the node applies no seccomp profile, which profile $PROFILE asks for" ;;
	esac
}

# check_slots ends the check for an engine whose build steps run in containers of their own: they must answer, and be able to do what steps need.
check_slots() {
	output=$($SLOTS_CHECK 2>&1) && exit 0
	grep -q "$SLOTS_ABILITY" "$SESSION/engine" || output="the engine in the builder image is too old for that"
	node_problem "build steps can't run in a container of their own: $(printf %s "$output" | tail -n 1)"
}

# check_single_id ends the check for an engine whose user namespace has the pod's own id only.
check_single_id() {
	output=$(${ENTER%% env *} ownership --check "$STATE" 2>&1) && exit 0
	explain_user_namespaces
	node_problem "$(printf %s "$output" | sed -n '$s/^ownership: //; $p')"
}

# choose_enter leaves in ENTER what enters the user namespace before the engine starts: nothing for one that maps ids by itself and says so. It
# sets can_start if it knows that the engine can start.
choose_enter() {
	can_start=yes ENTER=${ENTER:-}
	[ -z "${LOSSES:-}${SLOTS_CHECK:-}" ] || return 0
	! ${MAPS:-false} 2>/dev/null || return 0
	ENTER=${ENTER_OLDER:-}
	[ -n "$ENTER" ] && $ENTER true 2>/dev/null || ENTER="" can_start=""
}

# check_signals refuses an older engine that maps ids by itself where build steps see its processes. It takes SIGTERM, which a step can send,
# for success: the pod would push the image of an earlier build under the new name.
check_signals() {
	case $output in
	*"${NO_SANDBOX:-no such text}"*)
		image_problem "img in the builder image takes a signal that a build step can send for success, unless the image's unshare knows --map-auto"
		;;
	esac
}

# check_id_ranges checks that all ids of the first range exist in the pod. The pod has both files from an annotation, in place of the image's.
check_id_ranges() {
	for file in /etc/subuid /etc/subgid; do
		range=$(sed -n "s/^\($USER\|$(id -u)\):\([0-9]*:[0-9]*\)$/\2/p" "$file" 2>/dev/null | head -n 1)
		[ -n "$range" ] || image_problem "$file has no range for user $USER"
		[ $((${range%:*} + ${range#*:})) -le "$ids" ] ||
			node_problem "range $range of $file exceeds the $ids ids of the pod"
	done
}

# explain_user_namespaces finds out why an unprivileged process can't create a user namespace, or can't mount in one.
explain_user_namespaces() {
	[ "$(sysctl_value user/max_user_namespaces)" != 0 ] || node_problem "user.max_user_namespaces is 0 on the node"
	[ "$(sysctl_value kernel/unprivileged_userns_clone)" != 0 ] || node_problem "kernel.unprivileged_userns_clone is 0 on the node"
	apparmor=$(cat /proc/self/attr/apparmor/current 2>/dev/null || cat /proc/self/attr/current 2>/dev/null)
	case $(sysctl_value kernel/apparmor_restrict_unprivileged_userns):$apparmor in
	1:unconfined*) node_problem "AppArmor keeps unconfined processes from user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1 on the node)" ;;
	esac
	# A busybox shell prefers its own applet.
	unshare=/usr/bin/unshare
	[ -x $unshare ] || unshare="unshare"
	if ! why=$(LC_ALL=C $unshare -U true 2>&1); then
		case $why in
		*"No space left"*) node_problem "the limit of user namespaces (user.max_user_namespaces) is reached on the node, or they are nested too deep" ;;
		esac
		denied "user namespaces (unshare)"
	fi
	$unshare -U -r -m true 2>/dev/null || denied "mounts in a user namespace"
}

# explain_id_mapping finds out why newuidmap can't map a range of ids.
explain_id_mapping() {
	case $bounding_set in # bits 6 and 7: SETGID, SETUID
	*[cdefCDEF]?) ;;
	*) node_problem "the pod lacks the capabilities SETUID and SETGID (bounding set $bounding_set), which newuidmap takes" ;;
	esac
	try_newuidmap || image_problem "newuidmap in the builder image maps no ids; it wants the file capability cap_setuid, in place of a setuid bit: $why"
}

# try_newuidmap runs newuidmap on a process that has a user namespace of its own.
try_newuidmap() {
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

# denied WHAT names what denies it: AppArmor if a profile is in force, otherwise seccomp if there is a filter, otherwise the kernel.
denied() {
	case $apparmor in
	'' | unconfined*) [ "$seccomp" != 2 ] || node_problem "the seccomp profile of the pod denies $1" ;;
	*) node_problem "the AppArmor profile $apparmor denies $1" ;;
	esac
	node_problem "the kernel of the node denies $1"
}

sysctl_value() { cat "/proc/sys/$1" 2>/dev/null; }
