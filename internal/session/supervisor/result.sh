# --- result ----------------------------------------------------------------------------------------------------------

# conclude [PHASE CODE REASON] reports the result. Then it waits for a signal, or for the leash, so that a client can read the rest.
conclude() {
	code=0
	: >"$SESSION/over"
	if [ $# -gt 0 ]; then
		code=1 result=$(failure_json "$1" "$2" "$3")
	elif [ ! -s "$SESSION/code" ]; then # killed by a build step that can see the builder's processes, or by the kernel
		code=1 result=$(failure_json killed 137 "the job's shell was killed")
	elif [ "$(cat "$SESSION/code")" = 0 ]; then
		result=$(success_json)
	else
		[ -s "$SESSION/reason" ] || echo "exit status $(cat "$SESSION/code")" >"$SESSION/reason"
		code=1 result=$(failure_json "$(cat "$SESSION/phase")" "$(cat "$SESSION/code")" "$(cat "$SESSION/reason")")
	fi
	signalled=""
	trap 'signalled=yes' TERM INT HUP QUIT USR1 # too late to change the result
	report $code "$result"
	trap 'exit $code' TERM INT HUP QUIT USR1
	[ -z "$signalled" ] || exit $code
	while :; do
		sleep 60 &
		wait $!
	done
}

# end_early CODE PHASE REASON ends the supervisor before the job has ended.
end_early() {
	trap '' TERM INT HUP QUIT USR1
	report "$1" "$(failure_json "$2" "$1" "$3")"
	exit "$1"
}

# report CODE RESULT tells the client, and writes the pod's status, which outlives every connection.
report() {
	forget_secrets
	printf %s "$2" >/dev/termination-log
	event "result $(wc -c <"$WORKSPACE/log" | tr -d ' ') $1 $2"
}

# exhausted prints "memory" or "disk" if the container ran out of it.
exhausted() {
	if [ "$(oom_kills)" != "$oom_kills_at_start" ]; then
		echo memory
	elif tail -n 20 "$WORKSPACE/log" | grep -qi 'no space left on device'; then
		echo disk
	fi
}

remember_oom_kills() { oom_kills_at_start=$(oom_kills); }

# oom_kills prints how many processes of the pod the kernel has killed for lack of memory.
oom_kills() {
	for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
		sed -n 's/^oom_kill //p' $file 2>/dev/null
	done
}
