package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Where the kernel puts a call's number, architecture and arguments for a filter (struct seccomp_data).
const (
	offsetNr   = 0
	offsetArch = 4
	offsetArgs = 16
)

// The instructions of classic BPF that the filter uses.
const (
	load        = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	jump        = unix.BPF_JMP | unix.BPF_JA
	jumpEqual   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpAtLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jumpAnyBit  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret         = unix.BPF_RET | unix.BPF_K
)

// amd64 numbers the calls of its x32 variant from firstX32 on. noCall is the number of a call that a tracer has cancelled.
const (
	firstX32 = 0x40000000
	noCall   = 0xffffffff
)

var (
	allow  = unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}
	notify = unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF}
	refuse = unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
)

// condition is a test of the lower 32 bits of one argument. Without a test every call meets it.
type condition struct {
	arg  int
	test []unix.SockFilter // jumps over the instruction that follows it if the argument does not pass
}

func hasAny(arg int, bits uint32) condition { return passes(arg, jumpAnyBit, bits) }
func is(arg int, value uint32) condition    { return passes(arg, jumpEqual, value) }
func isNot(arg int, value uint32) condition { return fails(arg, jumpEqual, value) }

func passes(arg int, comparison uint16, with uint32) condition {
	return condition{arg, []unix.SockFilter{{Code: comparison, K: with, Jf: 1}}}
}

func fails(arg int, comparison uint16, with uint32) condition {
	return condition{arg, []unix.SockFilter{{Code: comparison, K: with, Jt: 1}}}
}

// firstStop and lastStop are the signals that stop a process: SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU.
const (
	firstStop = uint32(unix.SIGSTOP)
	lastStop  = uint32(unix.SIGTTOU)
)

// stops is met by the signals that stop a process.
func stops(arg int) condition {
	return condition{arg, []unix.SockFilter{{Code: jumpAtLeast, K: firstStop, Jf: 2}, {Code: jumpAtLeast, K: lastStop + 1, Jt: 1}}}
}

// call is a system call that this program answers. README.md has the reasons.
type call struct {
	nr     int
	when   condition
	answer func(*request) verdict
}

// section is the part of the filter for one architecture. The calls of another one jump over it.
func section(arch uint32, first []unix.SockFilter, calls []call) []unix.SockFilter {
	body := append([]unix.SockFilter{{Code: load, K: offsetNr}}, first...)
	for _, c := range calls {
		body = append(body, c.instructions()...)
	}
	body = append(body, allow)
	return slices.Concat([]unix.SockFilter{{Code: jumpEqual, K: arch, Jt: 1}, {Code: jump, K: uint32(len(body))}}, body)
}

func (c call) instructions() []unix.SockFilter {
	if c.when.test == nil {
		return []unix.SockFilter{{Code: jumpEqual, K: uint32(c.nr), Jf: 1}, notify}
	}
	return slices.Concat(
		[]unix.SockFilter{
			{Code: jumpEqual, K: uint32(c.nr), Jf: uint8(len(c.when.test) + 3)},
			{Code: load, K: uint32(offsetArgs + 8*c.when.arg)}, // the lower half: both architectures are little-endian
		},
		c.when.test,
		[]unix.SockFilter{notify, allow},
	)
}
