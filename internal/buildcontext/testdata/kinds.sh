chmod 00500 -- 'workspace/context/ro/deep' || exit
chmod 00555 -- 'workspace/context/ro' || exit
chmod 02775 -- 'workspace/context/setgid' || exit
chmod 04755 -- 'workspace/context/setuid' || exit
chmod 01777 -- 'workspace/context/sticky' || exit
