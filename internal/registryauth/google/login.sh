# login_google HELPER ACCOUNT HOST,... makes a credential helper log in to the HOSTs with the pod's Google identity. HELPER is gcr,
# gcloud, or "any". ACCOUNT is the address that the identity must have, "any", or "named" for any but the one that nodes have by default.
login_google() {
	helper=$1
	export DOCKER_CONFIG="$SESSION/login" CLOUDSDK_CONFIG="$SESSION/login/gcloud" CLOUDSDK_CORE_DISABLE_FILE_LOGGING=1
	if [ "$helper" = any ]; then
		helper=gcloud
		! command -v docker-credential-gcr >/dev/null || helper=gcr
	fi
	command -v "docker-credential-$helper" >/dev/null || fail_job 10 "docker-credential-$helper"
	limit=$(($(date +%s) + ${METADATA_WAIT:-60})) said=""
	# The metadata server answers only some seconds after a pod's start, and its first token can be about to expire.
	until email=$(google_metadata email) && google_metadata token | grep -q '"expires_in": *[1-9][0-9]'; do
		[ "$(date +%s)" -lt $limit ] || fail_job 11 "nothing within ${METADATA_WAIT:-60}s"
		[ -n "$said" ] || echo "waiting for the metadata server"
		said=yes
		sleep 1
	done
	case $2:$email in
	any:* | "$email:$email") ;;
	named:*-compute@developer.gserviceaccount.com) fail_job 12 "$email" ;;
	named:*) ;;
	*) fail_job 12 "$email" ;;
	esac
	if [ "$helper" = gcr ]; then
		docker-credential-gcr configure-docker --registries="$3"
	else
		gcloud auth configure-docker "$3" --quiet
	fi >"$SESSION/login/said" 2>&1 </dev/null || fail_job 13 "$(tail -n 1 "$SESSION/login/said")"
	event "identity $email"
	echo "docker-credential-$helper answers for $3 as $email"
}

# google_metadata NAME prints a value of the pod's service account from the metadata server, never through a proxy.
google_metadata() {
	set -- "http://${GCE_METADATA_HOST:-metadata.google.internal}/computeMetadata/v1/instance/service-accounts/default/$1"
	if command -v curl >/dev/null; then
		curl -sf -m 3 --noproxy '*' -H 'Metadata-Flavor: Google' "$1"
	else
		http_proxy="" HTTP_PROXY="" timeout 3 wget -q -O - --header 'Metadata-Flavor: Google' "$1" 2>/dev/null
	fi
}
