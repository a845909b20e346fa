package main

import "golang.org/x/sys/unix"

const (
	nativeArch = unix.AUDIT_ARCH_X86_64
	sysFstatat = unix.SYS_NEWFSTATAT
)

var olderCalls = []call{
	{nr: unix.SYS_CHOWN, answer: flagged(fchownat, 4, 0)},
	{nr: unix.SYS_LCHOWN, answer: flagged(fchownat, 4, unix.AT_SYMLINK_NOFOLLOW)},
	{nr: unix.SYS_STAT, answer: flagged(fstatat, 3, 0)},
	{nr: unix.SYS_LSTAT, answer: flagged(fstatat, 3, unix.AT_SYMLINK_NOFOLLOW)},
	{nr: unix.SYS_OPEN, arg: 1, mask: creating, answer: at(openat)},
	{nr: unix.SYS_CREAT, answer: creat},
	{nr: unix.SYS_MKDIR, answer: at(mkdirat)},
	{nr: unix.SYS_MKNOD, answer: at(mknodat)},
	{nr: unix.SYS_SYMLINK, answer: symlink},
	{nr: unix.SYS_LINK, answer: link},
	{nr: unix.SYS_RENAME, answer: rename},
}

func creat(r *request) verdict {
	r.shift(0)
	r.args[2], r.args[3] = unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, r.args[2]
	return openat(r)
}

func symlink(r *request) verdict {
	r.shift(1)
	return symlinkat(r)
}

func link(r *request) verdict {
	r.shift(0)
	r.shift(2)
	r.args[4] = 0
	return linkat(r)
}

func rename(r *request) verdict {
	r.shift(0)
	r.shift(2)
	r.args[4] = 0
	r.nr = unix.SYS_RENAMEAT2
	return renameat(r)
}
