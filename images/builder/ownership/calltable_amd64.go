package main

import "golang.org/x/sys/unix"

const (
	nativeArch = unix.AUDIT_ARCH_X86_64
	compatArch = unix.AUDIT_ARCH_I386
	sysFstatat = unix.SYS_NEWFSTATAT
)

// compatSignals are the numbers of signalCalls for 32-bit programs.
var compatSignals = signalNumbers{
	kill: 37, tkill: 238, tgkill: 270, sigqueue: 178, tgsigqueue: 335, pidfdSend: 424, prlimit: 340, fcntl: []int{55, 221},
}

var olderCalls = []call{
	{nr: unix.SYS_CHOWN, answer: atWith(fchownat, 4, 0)},
	{nr: unix.SYS_LCHOWN, answer: atWith(fchownat, 4, unix.AT_SYMLINK_NOFOLLOW)},
	{nr: unix.SYS_STAT, answer: atWith(fstatat, 3, 0)},
	{nr: unix.SYS_LSTAT, answer: atWith(fstatat, 3, unix.AT_SYMLINK_NOFOLLOW)},
	{nr: unix.SYS_OPEN, when: hasAny(1, creating), answer: at(openat)},
	{nr: unix.SYS_CREAT, answer: creat},
	{nr: unix.SYS_MKDIR, answer: at(mkdirat)},
	{nr: unix.SYS_MKNOD, answer: at(mknodat)},
	{nr: unix.SYS_SYMLINK, answer: symlink},
	{nr: unix.SYS_LINK, answer: link},
	{nr: unix.SYS_RENAME, answer: rename},
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

func creat(r *request) verdict {
	r.insertCWD(0)
	r.args[2], r.args[3] = unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, r.args[2]
	return openat(r)
}

func symlink(r *request) verdict {
	r.insertCWD(1)
	return symlinkat(r)
}

func link(r *request) verdict {
	r.insertCWD(0)
	r.insertCWD(2)
	r.args[4] = 0
	return linkat(r)
}

func rename(r *request) verdict {
	r.insertCWD(0)
	r.insertCWD(2)
	r.args[4] = 0
	r.nr = unix.SYS_RENAMEAT2
	return renameat(r)
}
