package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

func nativeCalls() []call {
	return slices.Concat(ownerCalls, olderCalls, identityCalls, signalCalls(nativeSignals))
}

var ownerCalls = []call{
	{nr: unix.SYS_FCHOWN, answer: fchown},
	{nr: unix.SYS_FCHOWNAT, answer: fchownat},

	{nr: unix.SYS_FSTAT, answer: fstat},
	{nr: sysFstatat, answer: fstatat},
	{nr: unix.SYS_STATX, answer: statx},

	{nr: unix.SYS_OPENAT, when: hasAny(2, creating), answer: openat},
	{nr: unix.SYS_MKDIRAT, answer: mkdirat},
	{nr: unix.SYS_MKNODAT, answer: mknodat},
	{nr: unix.SYS_SYMLINKAT, answer: symlinkat},
	{nr: unix.SYS_LINKAT, answer: linkat},
	{nr: unix.SYS_RENAMEAT, answer: renameat},
	{nr: unix.SYS_RENAMEAT2, answer: renameat},

	{nr: unix.SYS_LISTXATTR, answer: listxattr},
	{nr: unix.SYS_LLISTXATTR, answer: llistxattr},
	{nr: unix.SYS_FLISTXATTR, answer: flistxattr},
}

var identityCalls = []call{
	{nr: unix.SYS_SETUID, answer: setuid},
	{nr: unix.SYS_SETGID, answer: setgid},
	{nr: unix.SYS_SETREUID, answer: setreuid},
	{nr: unix.SYS_SETREGID, answer: setregid},
	{nr: unix.SYS_SETRESUID, answer: setresuid},
	{nr: unix.SYS_SETRESGID, answer: setresgid},
	{nr: unix.SYS_SETFSUID, answer: setfsuid},
	{nr: unix.SYS_SETFSGID, answer: setfsgid},
	{nr: unix.SYS_SETGROUPS, answer: setgroups},

	{nr: unix.SYS_GETUID, answer: getuid},
	{nr: unix.SYS_GETEUID, answer: geteuid},
	{nr: unix.SYS_GETGID, answer: getgid},
	{nr: unix.SYS_GETEGID, answer: getegid},
	{nr: unix.SYS_GETRESUID, answer: getresuid},
	{nr: unix.SYS_GETRESGID, answer: getresgid},
	{nr: unix.SYS_GETGROUPS, answer: getgroups},
}

// nativeSignals are the numbers of signalCalls on this architecture.
var nativeSignals = signalNumbers{
	kill: unix.SYS_KILL, tkill: unix.SYS_TKILL, tgkill: unix.SYS_TGKILL,
	sigqueue: unix.SYS_RT_SIGQUEUEINFO, tgsigqueue: unix.SYS_RT_TGSIGQUEUEINFO, pidfdSend: unix.SYS_PIDFD_SEND_SIGNAL,
	prlimit: unix.SYS_PRLIMIT64, fcntl: []int{unix.SYS_FCNTL},
}

// filter returns the program that sends the listed calls to the listener, and leaves all others to the kernel.
func filter() []unix.SockFilter {
	// x32 would be a way around the filter. Most kernels do not have it, and answer the same.
	x32 := []unix.SockFilter{{Code: jumpAtLeast, K: firstX32, Jf: 2}, {Code: jumpEqual, K: noCall, Jt: 1}, refuse}
	return slices.Concat(
		[]unix.SockFilter{{Code: load, K: offsetArch}},
		section(nativeArch, x32, nativeCalls()),
		section(compatArch, nil, signalCalls(compatSignals)),
		[]unix.SockFilter{allow},
	)
}
