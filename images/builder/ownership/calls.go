package main

import "golang.org/x/sys/unix"

// call is a system call that this program answers.
type call struct {
	nr     int
	arg    int    // with a mask: only if this argument
	mask   uint32 // has any of these bits
	not    bool   // or rather none of them
	answer func(*request) verdict
}

// creating are the flags with which an open may make a file.
const creating = unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY

// unemulated is the flag with which fstatat(2) is the kernel's to answer: the engine sees for itself whether an owner is kept of a file. It has no
// meaning on a local file system, and no other program is known to set it in this call.
const unemulated = unix.AT_STATX_FORCE_SYNC

// calls are those that both architectures have, and the older ones of this one. README.md has the reason of each.
var calls = append([]call{
	{nr: unix.SYS_FCHOWN, answer: fchown},
	{nr: unix.SYS_FCHOWNAT, answer: fchownat},

	{nr: unix.SYS_FSTAT, answer: fstat},
	{nr: sysFstatat, arg: 3, mask: unemulated, not: true, answer: fstatat},
	{nr: unix.SYS_STATX, answer: statx},

	{nr: unix.SYS_OPENAT, arg: 2, mask: creating, answer: openat},
	{nr: unix.SYS_MKDIRAT, answer: mkdirat},
	{nr: unix.SYS_MKNODAT, answer: mknodat},
	{nr: unix.SYS_SYMLINKAT, answer: symlinkat},
	{nr: unix.SYS_LINKAT, answer: linkat},
	{nr: unix.SYS_RENAMEAT, answer: renameat},
	{nr: unix.SYS_RENAMEAT2, answer: renameat},

	{nr: unix.SYS_LISTXATTR, answer: listxattr},
	{nr: unix.SYS_LLISTXATTR, answer: llistxattr},
	{nr: unix.SYS_FLISTXATTR, answer: flistxattr},

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
}, olderCalls...)

// at makes a call with a path out of one with a directory's descriptor and a path: its arguments come one later.
func at(answer func(*request) verdict) func(*request) verdict {
	return func(r *request) verdict {
		r.shift(0)
		return answer(r)
	}
}

// shift inserts AT_FDCWD before an argument.
func (r *request) shift(i int) {
	copy(r.args[i+1:], r.args[i:5])
	cwd := int32(unix.AT_FDCWD)
	r.args[i] = uint64(uint32(cwd))
}

// flagged is at, with flags that the older call stands for.
func flagged(answer func(*request) verdict, i int, flags uint64) func(*request) verdict {
	return func(r *request) verdict {
		r.shift(0)
		r.args[i] = flags
		return answer(r)
	}
}

func (r *request) fd(i int) int32    { return int32(uint32(r.args[i])) }
func (r *request) flags(i int) int   { return int(int32(uint32(r.args[i]))) }
func (r *request) id32(i int) uint32 { return uint32(r.args[i]) }
