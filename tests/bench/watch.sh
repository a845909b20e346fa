#!/bin/sh
# watch.sh: waits for the engine that builds in this pod, and prints the most memory that it had resident until then, VmHWM in KiB, again and again
# until it ends.
find_engine() {
	for process in /proc/[0-9]*; do
		case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in
		"img-engine "*"build "*) return 0 ;;
		esac
	done 2>/dev/null
	return 1
}
until find_engine; do sleep 0.05; done
while sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "$process/status"; do sleep 0.1; done 2>/dev/null
