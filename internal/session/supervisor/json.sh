# --- JSON ------------------------------------------------------------------------------------------------------------

# failure_json PHASE CODE REASON
failure_json() {
	printf '{"phase":"%s","code":%d,"cause":"%s","error":"%s"}' "$1" "$2" "$(exhausted)" "$(json_text "$3")"
}

# json_text TEXT prints TEXT as the content of a JSON string. It drops what follows 1900 bytes: escapes can double the length, and
# Kubernetes cuts a termination message at 4096 bytes.
json_text() { one_line "$1" | head -c 1900 | sed 's/["\\]/\\&/g'; }

# success_json has the digest that the engine printed, and what a metadata file says about its manifest.
success_json() {
	digest=$(sed -n 's/.*\(sha256:[0-9a-f]\{64\}\).*/\1/p' "$SESSION/listing" 2>/dev/null | head -n 1)
	printf '{"digest":"%s"' "$digest"
	for blob in $BLOBS/"${digest#sha256:}"; do
		[ -f "$blob" ] || continue
		manifest=$(tr -d ' \t\n' <"$blob")
		printf ',"size":%d,"mediaType":"%s","config":"%s"' "$(wc -c <"$blob")" \
			"$(printf %s "$manifest" | sed -n 's/"config":.*//;s/.*"mediaType":"\([A-Za-z0-9.+/_-]\{1,127\}\)".*/\1/p')" \
			"$(printf %s "$manifest" | sed -n 's/.*"config":{[^}]*"digest":"\(sha256:[0-9a-f]\{64\}\)".*/\1/p')"
	done
	printf '}'
}

# json_members FILE prints the members of a JSON object, with a comma before each. In JSON a line break is never part of a string.
json_members() { [ ! -f "$1" ] || tr '\n\r\t' '   ' <"$1" | sed 's/^ *{ */,/; s/ *} *$//; s/^,$//'; }
