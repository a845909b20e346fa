package main

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// workers is the number of calls that are answered at once: the engine unpacks while a step runs.
const workers = 4

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

// server answers the calls of one command and all its children.
type server struct {
	listener       int
	proc           int    // /proc of the pid namespace whose numbers the kernel uses for callers
	fds            int    // /proc/self/fd
	mounts, pids   string // the namespaces of this program and the engine
	native, compat map[int32]call
	ids            identities
	links          links
	lost           losses
}

func newServer(listener int) (*server, error) {
	s := &server{listener: listener, native: byNumber(nativeCalls()), compat: byNumber(signalCalls(compatSignals))}
	if err := s.openProc(); err != nil {
		return nil, fmt.Errorf("read /proc: %w", err)
	}
	// Since Linux 6.6 the caller's processor goes straight to the worker, which halves the time. Older kernels ignore the flag.
	_ = unix.IoctlSetInt(listener, ioctlSetFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	return s, nil
}

func (s *server) openProc() error {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	var errs [4]error
	s.proc, errs[0] = unix.Open("/proc", flags, 0)
	s.fds, errs[1] = unix.Open("/proc/self/fd", flags, 0)
	s.mounts, errs[2] = readlinkAt(s.proc, "self/ns/mnt")
	s.pids, errs[3] = readlinkAt(s.proc, "self/ns/pid")
	s.ids.proc = s.proc
	return errors.Join(errs[:]...)
}

func byNumber(calls []call) map[int32]call {
	m := map[int32]call{}
	for _, c := range calls {
		m[int32(c.nr)] = c
	}
	return m
}

// serve answers calls until it can't, after which no call may be made any more. Its thread has its own root and working directory, and
// changes them to those of the caller.
func (s *server) serve() error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("get a working directory for one thread: %w", err)
	}
	unix.Umask(0)
	for {
		n := notification{}
		err := ioctl(s.listener, ioctlReceive, unsafe.Pointer(&n))
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOENT): // a signal to this program; a caller that has ended
			continue
		case err != nil:
			return fmt.Errorf("receive a call: %w", err)
		}
		v := s.answer(&n)
		_ = unix.Fchdir(s.proc) // so that the caller's directory can be unmounted
		s.respond(&n, v)
	}
}

func (s *server) answer(n *notification) verdict {
	calls := s.native
	if n.arch == compatArch {
		calls = s.compat
	}
	c, known := calls[n.nr]
	if !known {
		return toKernel
	}
	r := &request{server: s, notification: n, dir: -1}
	defer r.release()
	return c.answer(r)
}

func (s *server) respond(n *notification, v verdict) {
	if v.answered {
		return
	}
	r := response{id: n.id, value: v.value, err: -int32(v.errno)}
	if v.toKernel {
		r = response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	}
	_ = ioctl(s.listener, ioctlSend, unsafe.Pointer(&r)) // fails if the caller has ended
}

// give answers a call with a descriptor of this program's, which becomes one of the caller's.
func (r *request) give(fd int, flags uint64) verdict {
	a := addFD{id: r.id, flags: unix.SECCOMP_ADDFD_FLAG_SEND, srcfd: uint32(fd), newflags: uint32(flags & unix.O_CLOEXEC)}
	if err := ioctl(r.listener, ioctlAddFD, unsafe.Pointer(&a)); err != nil {
		return failed(err)
	}
	return verdict{answered: true}
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
