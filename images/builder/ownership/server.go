package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// server answers the calls of one command and all its children.
type server struct {
	state
	native, compat map[int32]call
	turns          *turns
}

func newServer(listener int) (*server, error) {
	s := &server{native: byNumber(nativeCalls()), compat: byNumber(signalCalls(compatSignals)), turns: newTurns()}
	s.open.listener = listener
	if err := s.openProc(); err != nil {
		return nil, fmt.Errorf("read /proc: %w", err)
	}
	// Since Linux 6.6 the caller's processor goes straight to the worker, which halves the time. Older kernels ignore the flag.
	_ = unix.IoctlSetInt(listener, ioctlSetFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	return s, nil
}

func byNumber(calls []call) map[int32]call {
	m := map[int32]call{}
	for _, c := range calls {
		m[int32(c.nr)] = c
	}
	return m
}

// serve answers calls as worker i until it can't, after which no call may be made any more. Its thread has its own root and working
// directory, and changes them to those of the caller.
func (s *server) serve(i int) error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("get a working directory for one thread: %w", err)
	}
	unix.Umask(0)
	earlier := callers{}
	for range s.turns.invited {
		t := turn{turns: s.turns}
		for !t.over() {
			n, began := notification{}, time.Now()
			err := ioctl(s.open.listener, ioctlReceive, unsafe.Pointer(&n))
			switch {
			case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOENT): // a signal to this program; a caller that has ended
				continue
			case err != nil:
				return fmt.Errorf("receive a call: %w", err)
			}
			now := time.Now()
			t.received(now.Sub(began))
			t.answering[i].Store(now.UnixNano())
			s.respond(&n, s.answer(&n, earlier))
			t.answering[i].Store(0)
		}
	}
	return nil
}

func (s *server) answer(n *notification, earlier callers) verdict {
	calls := s.native
	if n.arch == compatArch {
		calls = s.compat
	}
	c, known := calls[n.nr]
	if !known {
		return toKernel
	}
	r := s.request(n, earlier)
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
	_ = ioctl(s.open.listener, ioctlSend, unsafe.Pointer(&r)) // fails if the caller has ended
}
