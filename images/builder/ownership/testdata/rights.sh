# A user creates nothing in a directory where he has no permission.
mkdir closed open group own && chmod 755 closed && chmod 777 open && chgrp 5 group && chmod 775 group && chown 1000 own
for dir in closed open group own; do
	actor become 1000 1000 /bin/sh -c "touch $dir/file; mkdir $dir/dir; ln -s x $dir/link; mkfifo $dir/pipe" 2>/dev/null
	actor become 1001 1001 /bin/sh -c "touch $dir/other; mkdir $dir/dir/other" 2>/dev/null
done
touch closed/there && chmod 666 closed/there && actor become 1000 1000 /bin/sh -c 'echo more >>closed/there'
chmod 700 own && actor become 1001 1001 /bin/sh -c 'touch own/late' 2>/dev/null
cat closed/there
