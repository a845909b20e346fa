package main

import "golang.org/x/sys/unix"

// Where the kernel puts a call's number, architecture and arguments for a filter (struct seccomp_data).
const (
	offsetNr   = 0
	offsetArch = 4
	offsetArgs = 16
)

// Classic BPF, as far as it is needed.
const (
	load       = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	jumpEqual  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpAtMost = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jumpAnyBit = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	answer     = unix.BPF_RET | unix.BPF_K
)

// firstForeign is the lowest number of amd64's x32 calls, and higher than any other.
const firstForeign = 0x40000000

// filter has the calls of the table sent to the listener. All others, and those of other architectures, are the kernel's.
func filter(calls []call) []unix.SockFilter {
	program := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: jumpEqual, K: nativeArch, Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: offsetNr},
		{Code: jumpAtMost, K: firstForeign, Jf: 1},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
	}
	for _, c := range calls {
		if c.mask == 0 {
			program = append(program,
				unix.SockFilter{Code: jumpEqual, K: uint32(c.nr), Jf: 1},
				unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_USER_NOTIF})
			continue
		}
		set, unset := uint32(unix.SECCOMP_RET_USER_NOTIF), uint32(unix.SECCOMP_RET_ALLOW)
		if c.not {
			set, unset = unset, set
		}
		program = append(program,
			unix.SockFilter{Code: jumpEqual, K: uint32(c.nr), Jf: 4},
			unix.SockFilter{Code: load, K: uint32(offsetArgs + 8*c.arg)}, // the lower half: both architectures are little-endian
			unix.SockFilter{Code: jumpAnyBit, K: c.mask, Jf: 1},
			unix.SockFilter{Code: answer, K: set},
			unix.SockFilter{Code: answer, K: unset})
	}
	return append(program, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
}
