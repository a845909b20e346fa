chmod 00500 -- 'context/abs' || exit
chmod 04711 -- 'context/suid' || exit
