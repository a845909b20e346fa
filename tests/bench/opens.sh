#!/bin/sh
# opens.sh DIRECTORY TURNS: prints for each turn how many milliseconds `img ls` takes with a new state, and then with the same. The clock that a
# busybox shell has counts hundredths of a second, so a turn is ten of each.
set -eu
img version >/dev/null # its file is in memory from here on
now() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}
list() {
	for number in 0 1 2 3 4 5 6 7 8 9; do
		img ls -s "$1/opens$turn$number" >/dev/null
	done
}
turn=0
while [ "$turn" -lt "$2" ]; do
	turn=$((turn + 1))
	begin=$(now)
	list "$1"
	middle=$(now)
	list "$1"
	end=$(now)
	echo "$((middle - begin)) $((end - middle))" # ten times, in hundredths: milliseconds
done
