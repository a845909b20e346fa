#!/bin/sh
# compile.sh OUT: compiles CRI-O, and the program with which it keeps namespaces, into the directory OUT.
set -eu
out=$1
tags="containers_image_openpgp exclude_graphdriver_btrfs btrfs_noversion apparmor seccomp selinux osusergo netgo"
go build -mod=readonly -tags "$tags" -ldflags "-s -w -extldflags=-static" -o "$out/crio" github.com/cri-o/cri-o/cmd/crio
sources=$(go list -mod=readonly -m -f '{{.Dir}}' github.com/cri-o/cri-o)/pinns/src
gcc -std=c99 -Os -static -o "$out/pinns" "$sources"/*.c
