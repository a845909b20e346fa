package main

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFilter(t *testing.T) {
	const other = unix.AUDIT_ARCH_S390X
	notified, allowed, missing := notify.K, allow.K, refuse.K
	for name, c := range map[string]struct {
		arch uint32
		nr   int
		args [3]uint32
		want uint32
	}{
		"call of the table":                       {nativeArch, unix.SYS_FCHOWN, [3]uint32{}, notified},
		"call that is not emulated":               {nativeArch, unix.SYS_READ, [3]uint32{}, allowed},
		"open that creates a file":                {nativeArch, unix.SYS_OPENAT, [3]uint32{2: unix.O_CREAT | unix.O_WRONLY}, notified},
		"open that creates a file without a name": {nativeArch, unix.SYS_OPENAT, [3]uint32{2: unix.O_TMPFILE | unix.O_WRONLY}, notified},
		"open of a directory":                     {nativeArch, unix.SYS_OPENAT, [3]uint32{2: unix.O_DIRECTORY}, allowed},
		"kill that stops":                         {nativeArch, unix.SYS_KILL, [3]uint32{1: uint32(unix.SIGSTOP)}, notified},
		"kill that stops, last signal":            {nativeArch, unix.SYS_KILL, [3]uint32{1: uint32(unix.SIGTTOU)}, notified},
		"kill that ends":                          {nativeArch, unix.SYS_KILL, [3]uint32{1: uint32(unix.SIGKILL)}, allowed},
		"tgkill of the Go runtime":                {nativeArch, unix.SYS_TGKILL, [3]uint32{2: uint32(unix.SIGURG)}, allowed},
		"limit of the own process":                {nativeArch, unix.SYS_PRLIMIT64, [3]uint32{}, allowed},
		"limit of another process":                {nativeArch, unix.SYS_PRLIMIT64, [3]uint32{0: 1}, notified},
		"32-bit kill that stops":                  {compatArch, compatSignals.kill, [3]uint32{1: uint32(unix.SIGSTOP)}, notified},
		"32-bit prlimit of another process":       {compatArch, compatSignals.prlimit, [3]uint32{0: 1}, notified},
		"32-bit fcntl that chooses a signal":      {compatArch, compatSignals.fcntl[1], [3]uint32{1: unix.F_SETSIG}, notified},
		"32-bit call with the number of a native": {compatArch, unix.SYS_FCHOWN, [3]uint32{}, allowed},
		"x32":                              {nativeArch, firstX32 | unix.SYS_KILL, [3]uint32{1: uint32(unix.SIGSTOP)}, missing},
		"call that a tracer has cancelled": {nativeArch, noCall, [3]uint32{}, allowed},
		"call of an architecture without a filter": {other, unix.SYS_FCHOWN, [3]uint32{}, allowed},
	} {
		t.Run(name, func(t *testing.T) {
			data := make([]byte, 64) // struct seccomp_data
			binary.LittleEndian.PutUint32(data[offsetNr:], uint32(c.nr))
			binary.LittleEndian.PutUint32(data[offsetArch:], c.arch)
			for i, arg := range c.args {
				binary.LittleEndian.PutUint32(data[offsetArgs+8*i:], arg)
			}
			if got := execute(filter(), data); got != c.want {
				t.Errorf("got %#x, want %#x", got, c.want)
			}
		})
	}
}

// execute does what the kernel does with a filter.
func execute(program []unix.SockFilter, data []byte) uint32 {
	accumulator := uint32(0)
	for pc := 0; ; pc++ {
		i := program[pc]
		test := false
		switch i.Code {
		case load:
			accumulator = binary.LittleEndian.Uint32(data[i.K:])
			continue
		case jump:
			pc += int(i.K)
			continue
		case ret:
			return i.K
		case jumpEqual:
			test = accumulator == i.K
		case jumpAtLeast:
			test = accumulator >= i.K
		case jumpAnyBit:
			test = accumulator&i.K != 0
		}
		if test {
			pc += int(i.Jt)
		} else {
			pc += int(i.Jf)
		}
	}
}
