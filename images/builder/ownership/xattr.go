package main

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// These calls hide our attributes, because programs that copy attributes would copy an owner.

func listxattr(r *request) verdict { return r.list(r.lookAt(unix.AT_FDCWD, r.args[0], 0)) }

func llistxattr(r *request) verdict {
	return r.list(r.lookAt(unix.AT_FDCWD, r.args[0], unix.AT_SYMLINK_NOFOLLOW))
}
func flistxattr(r *request) verdict { return r.list(r.descriptor(r.fd(0))) }

func (r *request) list(f file, err error) verdict {
	if err != nil {
		return toKernel
	}
	list := unix.Llistxattr
	if f.descriptor {
		list = unix.Listxattr
	}
	buf := make([]byte, maxLinks)
	n, err := list(f.path, buf)
	if err != nil || !bytes.Contains(buf[:n], []byte(attribute)) {
		return toKernel
	}
	var shown []byte
	for name := range bytes.SplitAfterSeq(buf[:n], []byte{0}) {
		if !bytes.HasPrefix(name, []byte(attribute)) {
			shown = append(shown, name...)
		}
	}
	size := r.args[2]
	switch {
	case size == 0:
		return verdict{value: int64(len(shown))}
	case size < uint64(len(shown)):
		return verdict{errno: unix.ERANGE}
	}
	return r.answerWith(int64(len(shown)), r.args[1], shown)
}
