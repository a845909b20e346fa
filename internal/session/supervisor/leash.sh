# --- leash -----------------------------------------------------------------------------------------------------------

# leash signals the supervisor if no client has renewed the leash for LEASH_GRACE seconds. A detached build needs no client until it
# is done.
leash() {
	idle=0
	while [ $idle -lt "$LEASH_GRACE" ]; do
		sleep 1
		report_killed_receiver
		[ ! -e "$SESSION/received" ] || wake_supervisor # a receiver that was killed may not have done it
		# A client can detach when the job has just ended.
		if [ -e "$SESSION/beat" ] || { [ -e "$SESSION/detached" ] && [ ! -e "$SESSION/over" ]; }; then
			rm -f "$SESSION/beat"
			idle=0
		else
			idle=$((idle + 1))
		fi
	done
	kill -USR1 $$
}

# report_killed_receiver tells the client about a receive that was killed: its exec can hang forever.
report_killed_receiver() {
	{ read -r n group <"$SESSION/receiver"; } 2>/dev/null || return
	if ! kill -0 "$group" 2>/dev/null && mv "$SESSION/receiver" "$SESSION/superseded"; then
		kill -KILL "-$group" 2>/dev/null # the rest of its process group
		event "refused $n the receiving process was killed"
	fi
}
