package main

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// workers is how many calls are answered at once: the engine unpacks and a step runs at the same time.
const workers = 4

// ioctls of the listener that golang.org/x/sys lacks.
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

// server answers the calls of one command and all its children.
type server struct {
	listener int
	proc     int // of the pid namespace in which the kernel names callers
	byNumber map[int32]call
	ids      identities
	links    links
	lost     losses
}

func newServer(listener int) (*server, error) {
	proc, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc: %w", err)
	}
	s := &server{listener: listener, proc: proc, byNumber: map[int32]call{}}
	for _, c := range calls {
		s.byNumber[int32(c.nr)] = c
	}
	s.ids.proc = proc
	// Since Linux 6.6: the caller's processor goes to whoever answers, which halves the way there and back. Without, it takes longer.
	_ = unix.IoctlSetInt(listener, ioctlSetFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	return s, nil
}

// serve answers calls until it can't; then nobody may wait for an answer any more. Its thread has a root and a working directory of its own: it looks at files from
// where the caller stands.
func (s *server) serve() error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("take a working directory of its own: %w", err)
	}
	unix.Umask(0)
	for {
		n := notification{}
		err := ioctl(s.listener, ioctlReceive, unsafe.Pointer(&n))
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOENT): // a signal of ours; a caller that is gone
			continue
		case err != nil:
			return fmt.Errorf("receive a call: %w", err)
		}
		v := s.answer(&n)
		_ = unix.Fchdir(s.proc) // what this thread stands in can't be unmounted
		s.respond(&n, v)
	}
}

func (s *server) answer(n *notification) verdict {
	c, known := s.byNumber[n.nr]
	if !known {
		return leave
	}
	return c.answer(&request{server: s, notification: n})
}

func (s *server) respond(n *notification, v verdict) {
	if v.sent {
		return
	}
	r := response{id: n.id, value: v.value, err: -int32(v.errno)}
	if v.leave {
		r = response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	}
	_ = ioctl(s.listener, ioctlSend, unsafe.Pointer(&r)) // the caller may be gone
}

// give answers a call with a descriptor of ours, which the caller gets as its own.
func (r *request) give(fd int, flags uint64) verdict {
	a := addFD{id: r.id, flags: unix.SECCOMP_ADDFD_FLAG_SEND, srcfd: uint32(fd), newflags: uint32(flags & unix.O_CLOEXEC)}
	if err := ioctl(r.listener, ioctlAddFD, unsafe.Pointer(&a)); err != nil {
		return failed(err)
	}
	return verdict{sent: true}
}

func ioctl(fd int, request uint, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// verdict is the answer to one call.
type verdict struct {
	value int64
	errno unix.Errno
	leave bool // to the kernel
	sent  bool // it has been given already
}

var (
	leave = verdict{leave: true}
	done  = verdict{}
)

func failed(err error) verdict {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		errno = unix.EIO
	}
	return verdict{errno: errno}
}
