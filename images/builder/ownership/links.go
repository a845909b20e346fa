package main

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// linksAttribute holds, on a directory, the owners of the symbolic links in it: the kernel gives a link no attribute of a user's. It goes
// with the directory, and is copied with it by overlayfs. Each entry is a hash of the link's name and two numbers.
const linksAttribute = "user.rootlesscontainers.links"

// maxLinks is as much as the kernel gives as an attribute's value (XATTR_SIZE_MAX). ext4 keeps some 4 kB, which is 250 to 400 links.
const maxLinks = 65536

// links changes entries one after the other.
type links struct{ mu sync.Mutex }

type linkOwners map[uint64]owner

// get is for a name in the directory where the thread stands.
func (l *links) get(name string) (owner, bool) {
	o, found := readLinks()[nameKey(name)]
	return o, found
}

// set keeps the owner of a link; root's needs no entry.
func (l *links) set(name string, o owner) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := nameKey(name)
	all := readLinks()
	if had, found := all[key]; found == (o != owner{}) && had == o {
		return nil
	}
	delete(all, key)
	if o != (owner{}) {
		all[key] = o
	}
	if len(all) == 0 {
		err := unix.Removexattr(".", linksAttribute)
		if errors.Is(err, unix.ENODATA) {
			return nil
		}
		return err
	}
	err := unix.Setxattr(".", linksAttribute, all.encode(), 0)
	if err == nil && o != (owner{}) && inRoot() {
		err = errNextLayer
	}
	return err
}

// errNextLayer says that an owner is kept for this layer only: overlayfs shows the attributes of a root directory's highest layer alone.
var errNextLayer = errors.New("kept for this layer only")

// inRoot tells whether the thread stands in the root directory of a file system, or of all.
func inRoot() bool {
	var here, above unix.Stat_t
	if unix.Stat(".", &here) != nil || unix.Stat("..", &above) != nil {
		return false
	}
	return here.Dev != above.Dev || here.Ino == above.Ino
}

func readLinks() linkOwners {
	small := [512]byte{}
	n, err := unix.Getxattr(".", linksAttribute, small[:])
	buf := small[:max(n, 0)]
	if errors.Is(err, unix.ERANGE) {
		buf = make([]byte, maxLinks)
		n, err = unix.Getxattr(".", linksAttribute, buf)
		buf = buf[:max(n, 0)]
	}
	if err != nil {
		return linkOwners{}
	}
	return decodeLinks(buf)
}

func (l linkOwners) encode() []byte {
	var out []byte
	for key, o := range l {
		out = binary.BigEndian.AppendUint64(out, key)[:len(out)+keyBytes]
		out = binary.AppendUvarint(out, uint64(o.uid))
		out = binary.AppendUvarint(out, uint64(o.gid))
	}
	return out
}

// decodeLinks reads as far as it understands.
func decodeLinks(b []byte) linkOwners {
	l := linkOwners{}
	for len(b) > keyBytes {
		var key [8]byte
		copy(key[:], b[:keyBytes])
		uid, n := binary.Uvarint(b[keyBytes:])
		if n <= 0 {
			break
		}
		gid, m := binary.Uvarint(b[keyBytes+n:])
		if m <= 0 {
			break
		}
		l[binary.BigEndian.Uint64(key[:])] = owner{uid: uint32(uid), gid: uint32(gid)}
		b = b[keyBytes+n+m:]
	}
	return l
}

// keyBytes of a hash are kept: among a thousand links of a directory two are alike once in 500 million directories.
const keyBytes = 6

func nameKey(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.TrimRight(name, "/")))
	return h.Sum64() &^ (1<<(64-8*keyBytes) - 1)
}
