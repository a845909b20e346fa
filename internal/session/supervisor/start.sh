# The supervisor of kubectl-img, protocol 1: everything that runs in the builder pod besides the engine.
# The README of internal/session describes the protocol.
#
#   supervise        the container's main process: checks the pod, waits for an upload, runs the job, reports the result
#   receive N [ask]  reads try N of the upload from stdin and accepts it only if the end marker verifies; one that asks is for an earlier try
#   follow OFFSET    writes the log from byte OFFSET to stdout and events to stderr; each line on stdin renews the leash
#   send FILE OFFSET writes FILE from byte OFFSET to stdout, the length and SHA-256 of all of it to stderr
#   phase            prints the phase of the job
#
# The commands that run through exec read stdin to its end on every path: an exec can hang forever if the remote process exits
# while the client is still sending.
set -u
umask 022

# shellcheck disable=SC2034 # the other files use these
SESSION=/run/kubectl-img WORKSPACE=/workspace SECRETS=/run/secrets/kubectl-img

# A busybox shell prefers its own applets to programs on PATH, and its tee copies only a kilobyte at a time.
TEE=/usr/bin/tee
[ -x $TEE ] || TEE="tee"

# pause sleeps for PAUSE_TICKS times 0.05 s, and less at first: most builds are short, and a start and an end is what people wait for.
PAUSE_TICKS=1 SHORT_PAUSES=100
pause() {
	if [ $SHORT_PAUSES -gt 0 ]; then
		SHORT_PAUSES=$((SHORT_PAUSES - 1))
		sleep 0.02 2>/dev/null && return
	fi
	sleep 0.05 2>/dev/null || { PAUSE_TICKS=20 && sleep 1; }
}

# sign_of_life writes a line to stderr about every five seconds, if there is a pause between its calls.
QUIET_TICKS=0
sign_of_life() {
	QUIET_TICKS=$((QUIET_TICKS + PAUSE_TICKS))
	[ $QUIET_TICKS -ge 100 ] || return 0
	QUIET_TICKS=0
	echo alive >&2
}

# wait_for FILE returns once FILE in the session directory has content: an exec can start before supervise has written it.
wait_for() { until [ -s "$SESSION/$1" ]; do pause; done; }

# event NAME ARGUMENT... tells the client. An argument can come from a build step, whose line breaks must not begin another event.
event() {
	case $* in *[[:cntrl:]]*) set -- "$(one_line "$*")" ;; esac
	printf '%s\n' "$*" >>"$SESSION/events"
}

# one_line TEXT prints TEXT with a space in place of each control character.
one_line() { printf %s "$1" | tr '\001-\037\177' ' '; }

drain() { cat >/dev/null; }
