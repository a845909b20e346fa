package main

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// A build step runs as the same user as this program, and usually in the same pid namespace, so the kernel lets it signal this program. What
// ends this program ends the build, so everybody notices. A stop would not be noticed: it lets a step choose how long a call takes. So this
// program answers the calls that can stop it, and refuses them to build steps. It does the same with limits, because a step could take away
// its descriptors.
//
// It does not refuse them to the engine, which may do to this program what it likes: a build step is in a container, the engine is not. The
// kernel refuses the rest. A step has fewer capabilities than this program, so it can't trace it. A step is in another session, so it can't
// join its process group.

// signalNumbers are the numbers of the calls that stop or limit another process.
type signalNumbers struct {
	kill, tkill, tgkill, sigqueue, tgsigqueue, pidfdSend, prlimit int

	fcntl []int
}

// signalCalls returns these calls for one architecture. They reach this program only with a signal that stops a process, because Go programs
// signal their own threads all the time.
func signalCalls(n signalNumbers) []call {
	calls := []call{
		{nr: n.kill, when: stops(1), answer: kill},
		{nr: n.tkill, when: stops(1), answer: toThread},
		{nr: n.sigqueue, when: stops(1), answer: toThread},
		{nr: n.tgkill, when: stops(2), answer: toThread},
		{nr: n.tgsigqueue, when: stops(2), answer: toThread},
		{nr: n.pidfdSend, when: stops(1), answer: toDescriptor},
		{nr: n.prlimit, when: isNot(0, 0), answer: toThread},
	}
	for _, nr := range n.fcntl {
		calls = append(calls, call{nr: nr, when: is(1, unix.F_SETSIG), answer: setSignal})
	}
	return calls
}

// kill is the call whose target can also be a group, or all processes.
func kill(r *request) verdict {
	target, group := int(int32(r.id32(0))), unix.Getpgrp()
	switch {
	case target > 0:
		return toThread(r)
	case target == -1, target == -group:
		return r.refuseNumber()
	case target == 0: // the caller's group; if the caller has ended, nobody gets the answer
		if callers, err := unix.Getpgid(int(r.pid)); err != nil || callers == group {
			return r.refuseNumber()
		}
	}
	return toKernel
}

// toThread is a call whose first argument is a process's number, for which the kernel also takes the number of any thread of the process.
//
// If the number is free, and this program starts a thread before the kernel looks for it, the thread can get the number. supervise notices
// that stop.
func toThread(r *request) verdict {
	if unix.Faccessat(r.proc, "self/task/"+strconv.Itoa(int(r.id32(0))), unix.F_OK, 0) != nil {
		return toKernel
	}
	return r.refuseNumber()
}

// refuseNumber refuses a call that names this program by a number. In another pid namespace the number is another process's.
func (r *request) refuseNumber() verdict {
	dir, err := r.callerDir()
	if err != nil {
		return failed(err)
	}
	if pids, err := readlinkAt(dir, "ns/pid"); err == nil && pids != r.pids {
		return toKernel
	}
	return r.refuse()
}

// toDescriptor is pidfd_send_signal. Whatever the descriptor is, the caller could replace it before the kernel uses it, so a build step can't
// stop any process this way. It can with kill.
func toDescriptor(r *request) verdict { return r.refuse() }

// setSignal chooses the signal that the kernel sends to the owner of a descriptor, which can be any process (F_SETOWN).
func setSignal(r *request) verdict {
	if s := r.id32(2); s < firstStop || s > lastStop {
		return toKernel
	}
	return r.refuse()
}

// refuse answers with an error if the caller is in a container, and leaves the call to the kernel otherwise.
func (r *request) refuse() verdict {
	dir, err := r.callerDir()
	if err != nil {
		return failed(err)
	}
	if mounts, err := readlinkAt(dir, "ns/mnt"); err == nil && mounts == r.mounts {
		return toKernel
	}
	return verdict{errno: unix.EPERM}
}
