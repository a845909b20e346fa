# --- send and phase --------------------------------------------------------------------------------------------------

# send keeps the length and the SHA-256 of FILE, which does not change any more: to compute it can take minutes, and a connection can break meanwhile. The client tells by the
# signs of life that this one has not.
send() {
	[ -f "$1" ] || { echo none >&2 && drain && return 1; }
	sum=$SESSION/sum-${1##*/}
	until [ -s "$sum" ]; do
		begin_sum "$1" "$sum"
		pause
		sign_of_life
	done
	echo "end $(cat "$sum")" >&2
	tail -c "+$(($2 + 1))" "$1"
	drain
}

# begin_sum FILE SUM writes the length and the SHA-256 of FILE to SUM, in the background, unless an earlier connection's process still does.
begin_sum() {
	{ read -r pid <"$2.pid"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null && return
	{
		hex=$(sha256 <"$1") && [ -n "$hex" ] && echo "$(wc -c <"$1" | tr -d ' ') ${hex%% *}" >"$2.$$" && mv "$2.$$" "$2"
	} >/dev/null 2>&1 &
	echo $! >"$2.pid"
}

phase() {
	drain
	cat "$SESSION/phase" 2>/dev/null || echo upload
}
