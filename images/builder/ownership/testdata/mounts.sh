# The engine unmounts each layer as soon as it has looked at it.
mkdir from to
unshare -m sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		mount --bind from to
		touch to/file$i
		chown $i:$i to/file$i
		stat -c "%n %u %g" to/file$i
		umount to || echo busy
	done'
