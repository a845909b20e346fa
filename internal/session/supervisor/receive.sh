# --- receive ---------------------------------------------------------------------------------------------------------

receive() {
	wait_for checked
	# A pod that can't build takes no upload: the client may need it for another pod.
	if [ "$(cat "$SESSION/checked")" != 0 ] || ! claim_upload "$@"; then
		drain
		return 1
	fi
	# The mode clears the set-group-ID bit, as in supervise. The umask: unless it is root, busybox tar applies it to all modes.
	mkdir -p "$WORKSPACE/context" "$WORKSPACE/contexts" && chmod 00755 "$WORKSPACE/context" "$WORKSPACE/contexts" && umask 0
	problem=""
	if engine_receives; then
		event "receiving $1 zstd"
		unpack_by_engine
	else
		event "receiving $1"
		unpack
	fi
	if [ -z "$problem" ] && mv "$SESSION/receiver" "$SESSION/received"; then
		event uploaded
		while [ -p "$SESSION/start" ]; do # supervise may not have begun to wait
			wake_supervisor
			pause
		done
	else
		rm -f "$SESSION/receiver"
		case $problem in
		*[Nn]'o space left'*) event "full $1 $problem" ;;
		*) event "refused $1 $problem" ;;
		esac
	fi
	# Last, because the end of stdin can get lost on its way here; nothing above waits for it.
	drain
	[ -z "$problem" ]
}

# engine_receives reports whether the engine has said that it can receive an upload.
engine_receives() { [ -n "${RECEIVE:-}" ] && grep -qF "$CAN_RECEIVE" "$SESSION/engine" 2>/dev/null; }

# unpack_by_engine lets the engine receive. It leaves the reason in problem if that fails.
unpack_by_engine() {
	$RECEIVE --events "$SESSION/events" --end "$SESSION/end" "$WORKSPACE/context" "$WORKSPACE/contexts" "$SESSION/upload" 2>"$SESSION/unpacked" && return
	problem=$(sed 's/^Error: //;q' "$SESSION/unpacked")
	problem=${problem:-the receiving process was killed}
}

# unpack reads and extracts the upload, for an image that has no more than a shell and tar. It leaves the reason in problem if it fails.
unpack() {
	mkfifo "$SESSION/tosum"
	# This shell opens both ends of the pipe. If tee opened its own end, a tee that was killed before would leave the reader waiting.
	exec 6<>"$SESSION/tosum"
	exec 7<"$SESSION/tosum"
	exec 8>"$SESSION/tosum" 6>&-
	{ exec 8>&- && sha256 >"$SESSION/sum"; } <&7 &
	exec 7<&-
	read_frames | $TEE "$SESSION/tosum" | tar -x -p -o -f - -C / 2>"$SESSION/unpacked" || problem="unpack: $(head -n 1 "$SESSION/unpacked")"
	exec 8>&-
	wait
	read -r sum _ <"$SESSION/sum"
	if [ -z "$problem" ] && [ ! -s "$SESSION/end" ]; then
		problem="the stream ended before its end marker"
	elif [ -z "$problem" ] && [ "$(cat "$SESSION/end")" != "$sum" ]; then
		problem="what arrived has another SHA-256 than what was sent"
	fi
}

# claim_upload N [ask] makes this process the receiver. The try with the highest number wins: it stops an earlier receive, which can wait
# forever for bytes that its connection lost, and removes what that one has unpacked. It fails if an earlier try was accepted.
claim_upload() {
	await_earlier_try "$1" "${2:-}"
	n=0 group=""
	{ read -r n group <"$SESSION/receiver"; } 2>/dev/null
	[ "$n" -lt "$1" ] || return
	if [ -n "$group" ] && mv "$SESSION/receiver" "$SESSION/superseded" 2>/dev/null; then
		kill -KILL "-$group" 2>/dev/null
	fi
	if [ -e "$SESSION/received" ]; then
		event uploaded
		return 1
	fi
	rm -rf "$WORKSPACE/context" "$WORKSPACE/contexts" "$SESSION/upload" "$SESSION/tosum" "$SESSION/sum" "$SESSION/end"
	echo "$1 $$" >"$SESSION/receiver"
}

# await_earlier_try N ASK waits while an earlier try verifies a whole upload, which would be lost with it. A try that only asks waits for an earlier
# one in any case: it has no upload that could replace it. The wait ends after a minute, because the earlier one can have lost its connection.
await_earlier_try() {
	waited=0
	while [ $waited -lt 1200 ] && { read -r n group <"$SESSION/receiver"; } 2>/dev/null && [ "$n" -lt "$1" ] &&
		{ [ -n "$2" ] || [ -s "$SESSION/end" ]; } && kill -0 "$group" 2>/dev/null; do
		[ $((waited % 40)) != 0 ] || event "waiting $1"
		waited=$((waited + PAUSE_TICKS))
		pause
	done
}

# wake_supervisor ends wait_for_upload. An open of a pipe for both directions never blocks.
wake_supervisor() { [ ! -p "$SESSION/start" ] || : 1<>"$SESSION/start"; }
