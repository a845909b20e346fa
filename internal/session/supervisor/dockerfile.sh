# copy_dockerfile FILE copies the Dockerfile, which an archive has as a link. FILE is relative to the context. The job calls it before its
# steps. A link must not lead out of the context: the engine prints what it can't parse, and the builder has files with secrets.
copy_dockerfile() {
	# First, because busybox's readlink -f gets the target of a dangling link wrong.
	[ -f "$WORKSPACE/context/$1" ] || fail_job 1 "read Dockerfile $1: no such file"
	context=$(readlink -f "$WORKSPACE/context")
	target=$(readlink -f "$context/$1")
	case $target in
	"$context"/*) ;;
	*) fail_job 1 "read Dockerfile $1: points outside the build context" ;;
	esac
	cp "$target" "$SESSION/upload/dockerfile/Dockerfile" || exit
}
