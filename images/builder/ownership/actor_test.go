package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// helper is the number of the process that answers an actor's calls, which is its parent.
func helper() string { return strconv.Itoa(os.Getppid()) }

// dropCapabilities leaves this thread with fewer capabilities than the engine has, as a build step.
func dropCapabilities() {
	runtime.LockOSThread()
	var none [2]unix.CapUserData
	must(unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]))
}

// inJail runs f with another root.
func inJail(root string, f func()) {
	must(onOwnThread(func() error {
		err := unix.Chroot(root)
		f()
		return err
	}))
}

// onOwnThread runs f on a thread with its own root and working directory.
func onOwnThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		done <- errors.Join(unix.Unshare(unix.CLONE_FS), f())
	}()
	return <-done
}
