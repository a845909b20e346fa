package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

// call is a system call that this program answers. README.md has the reasons.
type call struct {
	nr     int
	when   condition
	answer func(*request) verdict
}

// creating are the flags with which open may create a file.
const creating = unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY

// unemulated is the flag with which fstatat(2) gets the kernel's answer: the engine looks for itself whether a file has an owner of its own.
// The flag has no effect on a local file system, and no other program is known to use it with this call.
const unemulated = unix.AT_STATX_FORCE_SYNC

func nativeCalls() []call {
	return slices.Concat(ownerCalls, olderCalls, identityCalls, signalCalls(nativeSignals))
}

var ownerCalls = []call{
	{nr: unix.SYS_FCHOWN, answer: fchown},
	{nr: unix.SYS_FCHOWNAT, answer: fchownat},

	{nr: unix.SYS_FSTAT, answer: fstat},
	{nr: sysFstatat, when: hasNone(3, unemulated), answer: fstatat},
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

// at turns a call with a path into one with a directory's descriptor and a path, as the "at" calls have.
func at(answer func(*request) verdict) func(*request) verdict {
	return func(r *request) verdict {
		r.insertCWD(0)
		return answer(r)
	}
}

// atWith is at with the flags that the older call implies, as argument i.
func atWith(answer func(*request) verdict, i int, flags uint64) func(*request) verdict {
	return func(r *request) verdict {
		r.insertCWD(0)
		r.args[i] = flags
		return answer(r)
	}
}

// insertCWD inserts AT_FDCWD before argument i.
func (r *request) insertCWD(i int) {
	copy(r.args[i+1:], r.args[i:5])
	cwd := int32(unix.AT_FDCWD)
	r.args[i] = uint64(uint32(cwd))
}

func (r *request) fd(i int) int32    { return int32(uint32(r.args[i])) }
func (r *request) flags(i int) int   { return int(int32(uint32(r.args[i]))) }
func (r *request) id32(i int) uint32 { return uint32(r.args[i]) }
