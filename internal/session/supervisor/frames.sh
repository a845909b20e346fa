# --- frames ----------------------------------------------------------------------------------------------------------

# read_frames writes the payload of the frames on stdin to stdout and stores the SHA-256 of the end marker.
read_frames() {
	dd_counts_bytes=$(dd count=1 iflag=fullblock,count_bytes </dev/zero 2>/dev/null | wc -c | grep -x ' *1')
	while read -r kind length sum; do
		case $kind:$length in
		*:'' | *:*[!0-9]*) return 1 ;;
		raw:*) copy_bytes "$length" || return 1 ;;
		gzip:*) copy_bytes "$length" | gzip -dc || return 1 ;;
		end:*) echo "$sum" >"$SESSION/end" && return ;;
		*) return 1 ;;
		esac
		event took
	done
}

# copy_bytes N copies exactly N bytes of stdin. A dd that can count bytes needs only a small buffer; an older busybox needs one of
# N bytes.
copy_bytes() {
	if [ -n "$dd_counts_bytes" ]; then
		dd bs=65536 count="$1" iflag=fullblock,count_bytes 2>/dev/null
	else
		dd bs="$1" count=1 iflag=fullblock 2>/dev/null
	fi
}

# sha256 prints the SHA-256 of stdin. openssl is faster, because it uses the processor's instructions for it.
sha256() {
	if command -v openssl >/dev/null; then
		openssl dgst -sha256 -r
	else
		sha256sum
	fi
}
