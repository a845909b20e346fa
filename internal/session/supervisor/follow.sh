# --- follow ----------------------------------------------------------------------------------------------------------

follow() {
	wait_for pid
	: >"$SESSION/beat"
	exec 3<&0 4<"$WORKSPACE/log" 5<"$SESSION/events"
	while read -r line; do
		: >"$SESSION/beat"
		case $line in
		detach) : >"$SESSION/detached" && event detached ;;
		bye) kill -TERM "$(cat "$SESSION/pid")" ;;
		esac
	done <&3 &
	client=$!
	tail -c "+$(($1 + 1))" <&4
	while kill -0 $client 2>/dev/null; do
		cat <&4
		cat <&5 >&2
		sign_of_life
		pause
	done
}
