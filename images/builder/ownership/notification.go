package main

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The listener's ioctls that golang.org/x/sys lacks.
const (
	ioctlReceive  = 0xc0502100
	ioctlSend     = 0xc0182101
	ioctlAddFD    = 0x40182103
	ioctlSetFlags = 0x40082104
	ioctlValid    = 0x40082102
)

// notification is struct seccomp_notif.
type notification struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	err   int32
	flags uint32
}

// addFD is struct seccomp_notif_addfd.
type addFD struct {
	id       uint64
	flags    uint32
	srcfd    uint32
	newfd    uint32
	newflags uint32
}

func ioctl(fd int, request uint, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// verdict is the answer to one call.
type verdict struct {
	value    int64
	errno    unix.Errno
	toKernel bool // the kernel carries out the call
	answered bool // the caller has its answer already
}

var (
	toKernel = verdict{toKernel: true}
	success  = verdict{}
)

func failed(err error) verdict {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		errno = unix.EIO
	}
	return verdict{errno: errno}
}
