# --- run: the job, and the commands it is made of --------------------------------------------------------------------

# run_job runs the uploaded job in a subshell, so that the first step that fails ends the whole job.
run_job() (
	# shellcheck source=/dev/null # the client uploads it
	. "$SESSION/upload/job"
)

# step PHASE COMMAND... runs COMMAND. It repeats a command that failed for a temporary error of a registry.
step() {
	event "phase $1"
	echo "$1" >"$SESSION/phase"
	shift
	for delay in ${RETRY_PAUSES:-1 3 8} ""; do
		from=$(($(wc -c <"$WORKSPACE/log") + 1))
		[ -z "${LOSSES:-}" ] || rm -f "$LOSSES"
		if $ENTER "$@" </dev/null; then
			report_lost_owners
			return
		else
			code=$?
		fi
		[ -n "$delay" ] && why=$(temporary_error "$from") || exit $code
		printf '%s\n' "The registry may answer better in ${delay}s, trying again: $why"
		sleep "$delay"
	done
}

# digest COMMAND... is a step whose output contains the digest of the image. An engine that has said it already need not be asked.
digest() { [ -s "$SESSION/listing" ] || step digest "$@" >"$SESSION/listing"; }

# forget_secrets deletes what only build steps may read. The client that sent it is not asked again.
forget_secrets() { rm -rf "$SESSION/upload/secrets"; }

# fail_job CODE REASON ends the job.
fail_job() {
	printf %s "$2" >"$SESSION/reason"
	exit "$1"
}

# report_lost_owners reports the files in the image whose owners the engine could not keep.
report_lost_owners() {
	[ -s "${LOSSES:-}" ] || return 0
	event "losses $(cat "$LOSSES")"
	[ -n "${STRICT_OWNERSHIP:-}" ] || return 0
	echo ownership >"$SESSION/phase"
	fail_job 1 "$(cat "$LOSSES")"
}

# temporary_error OFFSET prints the last line of the log after byte OFFSET if it is a registry's error that can go away: 429, 5xx,
# a broken connection. The output of a RUN step that failed never counts.
temporary_error() {
	wait_for_log
	tail -c "+$1" "$WORKSPACE/log" | grep . | tail -n 1 | grep -v -e 'did not complete successfully: exit code' -e 'executor failed running' |
		grep -E 'unexpected (status|response).* (429|5[0-9][0-9]) |failed (to do request|to copy|to authorize|commit).*(EOF|reset by peer|connection refused|timeout|broken pipe|no response|closed|must be retried|stream error|GOAWAY|http2:)'
}

# wait_for_log returns once the log has stopped growing: another process writes it.
wait_for_log() {
	size=""
	until [ "$(wc -c <"$WORKSPACE/log")" = "$size" ]; do
		size=$(wc -c <"$WORKSPACE/log")
		sleep 0.2 2>/dev/null || sleep 1
	done
}
