#!/bin/sh
# watch.sh: waits for the engine in this pod, and prints its VmHWM in KiB until it ends.
engine() {
	for process in /proc/[0-9]*; do
		case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
		"img-engine "*" build "*) sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "$process/status" && return ;;
		esac
	done
	return 1
}
until engine; do sleep 0.05; done
while engine; do sleep 0.05; done
