# --- login: the registry login, which the job calls before its steps --------------------------------------------------

# login starts the phase. The login directory is in memory, and only the builder's user can read it.
login() {
	event "phase login"
	echo login >"$SESSION/phase"
	mkdir -m 0700 "$SESSION/login"
}

# trust HOST... makes the engine trust the image's authorities, the uploaded ones, and the certificates that the HOSTs present.
trust() {
	for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
		[ ! -f "$bundle" ] || break
	done
	cat "$bundle" "$SESSION/upload/login/ca.crt" >"$SESSION/login/trusted" 2>/dev/null
	for host; do
		command -v openssl >/dev/null || fail_job 15 "$host"
		case $host in *:*) address=$host ;; *) address=$host:443 ;; esac
		timeout 10 openssl s_client -connect "$address" -showcerts </dev/null 2>/dev/null |
			sed -n '/^-----BEGIN/,/^-----END/p' >>"$SESSION/login/trusted"
	done
	export SSL_CERT_FILE="$SESSION/login/trusted"
}

# merge_logins SECRET... writes one config.json from the mounted Secrets, from what credential helpers wrote and from the upload. Where
# two of them have a login for the same registry the later one takes effect: Go's decoder merges objects that have the same name.
merge_logins() {
	export DOCKER_CONFIG="$SESSION/login"
	for name; do
		[ -f "$SECRETS/$name/.dockerconfigjson" ] || [ -f "$SECRETS/$name/.dockercfg" ] || fail_job 14 "$name"
	done
	{
		printf '{"auths":{}'
		for name; do
			json_members "$SECRETS/$name/.dockerconfigjson"
			[ ! -f "$SECRETS/$name/.dockercfg" ] || { printf ',"auths":' && cat "$SECRETS/$name/.dockercfg"; }
		done
		json_members "$SESSION/login/config.json"
		json_members "$SESSION/upload/login/config.json"
		printf '}'
	} >"$SESSION/login/merged"
	mv "$SESSION/login/merged" "$SESSION/login/config.json"
}
