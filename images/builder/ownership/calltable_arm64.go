package main

import "golang.org/x/sys/unix"

const (
	nativeArch = unix.AUDIT_ARCH_AARCH64
	compatArch = unix.AUDIT_ARCH_ARM
	sysFstatat = unix.SYS_FSTATAT
)

// compatSignals are the numbers of signalCalls for 32-bit programs.
var compatSignals = signalNumbers{
	kill: 37, tkill: 238, tgkill: 268, sigqueue: 178, tgsigqueue: 363, pidfdSend: 424, prlimit: 369, fcntl: []int{55, 221},
}

// olderCalls is empty: this architecture never had them.
var olderCalls []call
