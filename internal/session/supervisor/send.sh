# --- send and phase --------------------------------------------------------------------------------------------------

send() {
	echo "end $(wc -c <"$1" | tr -d ' ') $(sha256 <"$1")" >&2
	tail -c "+$(($2 + 1))" "$1"
	drain
}

phase() {
	drain
	cat "$SESSION/phase" 2>/dev/null || echo upload
}
