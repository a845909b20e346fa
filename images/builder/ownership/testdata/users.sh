set -e
chmod 777 . && mkdir home && chown 88:77 home
as() { actor become 88 77 "$@"; }
as /bin/sh -c 'id -u; id -g; id -G; touch mine; mkdir minedir; ln -s x minelink; mkfifo minepipe; echo x | tee home/written; umask 077; touch private'
as /bin/sh -c '(sleep 0.1; touch orphan) & exit 0'
sleep 0.4
as /bin/sh -c '! chown 1 mine 2>&1 && chgrp 5 mine && ! chgrp 1234 mine 2>&1'
as /bin/sh -c 'cp mine copied; ln mine hard; mv copied renamed; touch mine; tar -cf t.tar mine minelink; mkdir x; tar -xf t.tar -C x; rm t.tar'
touch roots && id -u
ln -s target dangling && as /bin/sh -c 'echo x >dangling'
as "$(command -v actor)" ids
