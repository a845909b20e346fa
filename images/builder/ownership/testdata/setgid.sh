set -e
umask 022
mkdir mail && chgrp 8 mail && chmod 2775 mail
touch mail/box && mkdir mail/sub && touch mail/sub/deep && ln -s x mail/link && mkfifo mail/pipe
umask 027 && touch mail/private && mkdir mail/privatedir
cp mail/box mail/copied && echo more >>mail/box
install -d -m 2770 -o 1 -g 2 spool && echo x >spool/x
