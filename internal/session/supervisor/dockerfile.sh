# copy_dockerfile FILE copies the Dockerfile, which an archive has as a link. FILE is relative to the context. The job calls it before its
# steps. A link must not lead out of the context: the engine prints what it can't parse, and the builder has files with secrets.
copy_dockerfile() {
	[ -f "$WORKSPACE/context/$1" ] || fail_job 1 "read Dockerfile $1: no such file"
	context=$(cd -P "$WORKSPACE/context" && pwd -P) || exit
	{
		# The kernel names the file that is open. The name alone is never opened again: a shell drops line breaks at its end, and what a name
		# stands for can change. That a name loses its end does not matter here.
		case $(readlink /proc/self/fd/3) in
		"$context"/*) ;;
		*) fail_job 1 "read Dockerfile $1: points outside the build context" ;;
		esac
		cat <&3 >"$SESSION/upload/dockerfile/Dockerfile" || exit
	} 3<"$WORKSPACE/context/$1" || exit
}
