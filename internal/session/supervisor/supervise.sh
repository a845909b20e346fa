# --- supervise -------------------------------------------------------------------------------------------------------

supervise() {
	mkdir -p "$XDG_RUNTIME_DIR" "$STATE"
	# Every directory below would inherit the set-group-ID bit that fsGroup gives a volume, the image's directories included.
	# chmod needs five digits to clear it.
	chmod 00755 "$STATE"
	: >"$WORKSPACE/log"
	: >"$SESSION/events"
	remember_oom_kills
	mkfifo "$SESSION/start"
	echo $$ >"$SESSION/pid"
	# An image can have any of these as its STOPSIGNAL, and a shell that is process 1 would exit on INT without a report.
	trap 'end_early 143 stopped "the builder pod was told to stop"' TERM INT HUP QUIT
	trap 'end_early 1 abandoned "no client for ${LEASH_GRACE}s"' USR1
	until (leash); do :; done & # a killed leash is restarted
	ask_engine
	choose_enter
	identify_engine
	lock_cache
	check >"$SESSION/reason" & # a shell handles a signal only after its foreground command, but at once during wait
	wait $!
	set -- $?
	[ -z "$lock_holder" ] || set -- 1
	echo "$1" >"$SESSION/checked"
	if [ "$1" = 0 ]; then
		event ready
		wait_for_upload
		echo context >"$SESSION/phase"
		{ run_job; echo $? >"$SESSION/code"; } 2>&1 | $TEE -a "$WORKSPACE/log" &
		wait $!
		conclude
	else
		rm "$SESSION/start"
		[ -z "$lock_holder" ] || conclude cache 1 "$lock_holder"
		conclude preflight "$1" "$(cat "$SESSION/reason")"
	fi
}

# ask_engine asks the engine what it is. An image without an engine fails the check.
ask_engine() {
	asked=""
	[ -n "${ABOUT:-}" ] && command -v "${ABOUT%% *}" >/dev/null || return 0
	{ $ABOUT 2>/dev/null || :; } | head -c 4000 >"$SESSION/engine" &
	asked=$!
}

# identify_engine reports the answer. The client must know it before it sends anything.
identify_engine() {
	[ -n "$asked" ] || return 0
	wait "$asked"
	event engine "$(cat "$SESSION/engine")"
}

# wait_for_upload returns once receive has accepted an upload. The loop is there because the process it waits for can be killed.
wait_for_upload() {
	until [ -e "$SESSION/received" ]; do
		cat "$SESSION/start" >/dev/null &
		wait $!
	done
	rm "$SESSION/start"
}

# lock_cache locks the cache volume, which only one engine at a time can use. lock_holder names the pod that has the lock if this
# pod is not to wait for it. The kernel holds the lock until the last process that has descriptor 9 open ends.
lock_cache() {
	lock_holder=""
	[ -n "${CACHE_WAIT:-}" ] && command -v flock >/dev/null || return 0
	exec 9<>"$STATE.lock"
	if ! flock -n 9; then
		lock_holder=$(cat "$STATE.lock")
		event "held ${lock_holder:=another build}"
		[ "$CACHE_WAIT" = true ] || return 0
		echo 0 >"$SESSION/checked" # the client can upload meanwhile
		until flock -n 9; do # the flock below can be killed
			flock 9 &
			wait $!
		done
		lock_holder=""
	fi
	uname -n >"$STATE.lock"
}
