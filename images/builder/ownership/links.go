package main

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// linksAttribute is a directory's attribute that holds the owners of the symbolic links in it, because the kernel allows no user attributes
// on a link. It moves with the directory, and overlayfs copies it with the directory. Each entry is a hash of the link's name and two numbers.
const linksAttribute = "user.rootlesscontainers.links"

// maxLinks is the largest value of an attribute in bytes (XATTR_SIZE_MAX). ext4 stores some 4 kB, which is 250 to 400 links.
const maxLinks = 65536

// links reads and changes the owners of links, one change at a time.
type links struct{ mu sync.Mutex }

type linkOwners map[uint64]owner

// get returns the owner of a link in this thread's working directory.
func (l *links) get(name string) (owner, bool) {
	o, found := readLinks()[nameKey(name)]
	return o, found
}

// set keeps the owner of a link. Root needs no entry.
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
		err = errOnlyThisLayer
	}
	return err
}

// errOnlyThisLayer means that the next layer hides the owner: overlayfs shows only the highest layer's attributes of a root directory.
var errOnlyThisLayer = errors.New("kept for this layer only")

// inRoot tells whether this thread's working directory is the root directory of a file system, or this thread's root.
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

// decodeLinks returns the entries before the first one that is malformed.
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

// keyBytes is how much of a hash is kept. Of a thousand links in a directory, two have the same key once in 500 million directories.
const keyBytes = 6

func nameKey(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.TrimRight(name, "/")))
	return h.Sum64() &^ (1<<(64-8*keyBytes) - 1)
}
