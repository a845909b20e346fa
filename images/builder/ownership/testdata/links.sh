set -e
mkdir a b && echo x >a/file
ln -s file a/link && chown -h 5:6 a/link && stat -c '%u:%g' a/link && stat -L -c '%u:%g' a/link
ln -s nowhere a/dangling && chown -h 7:8 a/dangling
ln -s /absolute a/abs && chown -Rh 20:21 a
mv a/link b/moved && ln -s again a/link # a new link of that name belongs to root
ln -s over b/target && mv a/dangling b/target
mv b b2 && cp -a b2 b3
ln -P b2/moved b2/hard
rm b2/target && ln -s fresh b2/target
cd b3 && ln -s x rel && chown -h 9:9 rel ./rel && cd ..
ln -sfn elsewhere b3/rel
ln -s b3 way && chown -h 3:3 way/moved && chown 4:4 way && chown -h 5:5 way
mkdir many && cd many
i=0; while [ $i -lt 200 ]; do ln -s t link$i; i=$((i + 1)); done
chown -h 1000:1000 link*
