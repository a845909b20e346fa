set -e
echo hi >file
chown 42:43 file && stat -c '%u:%g %a %F' file && ls -ln file | cut -d ' ' -f 1-4
chmod 6755 file && chown 7 file && stat -c '%a' file # clears the set-ID bits
chgrp 9 file && stat -c '%u:%g' file
chown 0:0 file && stat -c '%u:%g' file
install -o 12 -g 34 -m 4750 file installed && install -d -o 5 -g 6 dir
mkdir -p deep/er && chown -R 1000:1000 deep && touch deep/roots
cp -a installed copy && cp installed plain && ln installed hard && chown 13 hard
mkfifo pipe
test -O file && echo mine
test -O installed || echo not mine
find . -user 13 | sort
! chown 1 missing 2>&1
! chown 1 file/x 2>&1
