set -e
mkdir tree && cd tree
echo one >one && echo two >two && mkdir sub && ln -s ../one sub/link && ln one sub/hard
chown 10:20 one && chown 30:40 sub && chown -h 50:60 sub/link && chmod 4711 two && chown 70:80 two && chmod 4711 two
cd .. && tar -cf t.tar tree && mkdir out && tar -xpf t.tar -C out --numeric-owner
mkdir out2 && tar -xf t.tar -C out2 --no-same-owner
tar -cf o.tar --owner=99 --group=98 tree && tar -tvf o.tar --numeric-owner | sed 's/ 20[0-9-]* [0-9:]*//'
rm t.tar o.tar && mv out/tree/sub moved && rm -rf tree
