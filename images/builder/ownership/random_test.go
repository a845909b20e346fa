package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRandomCalls makes the same hundreds of calls on a tree as the real root and emulated. Each has the same result, and so has the tree.
func TestRandomCalls(t *testing.T) {
	for seed := range 12 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			compareWithRoot(t, "chmod 777 .; actor random "+strconv.Itoa(seed)+" 600;")
		})
	}
}

// randomCalls is an actor: SEED COUNT. It creates files with all permissions, because emulated users have the permissions of root.
func randomCalls(args []string) {
	runtime.LockOSThread()
	unix.Umask(0)
	seed, _ := strconv.Atoi(args[0])
	count, _ := strconv.Atoi(args[1])
	c := chooser{rand.New(rand.NewPCG(uint64(seed), 0))}
	for range count {
		what, err := c.call()
		var errno unix.Errno
		if err != nil && !errors.As(err, &errno) {
			must(err)
		}
		say(what, int(errno))
	}
}

type chooser struct{ *rand.Rand }

func (c chooser) id() int { return []int{0, 0, 1, 42, 1000, 65534, 100000}[c.IntN(7)] }

// name returns one of few names, so that calls often meet the files of earlier ones.
func (c chooser) name() string {
	name := string(rune('a' + c.IntN(6)))
	for c.IntN(3) == 0 {
		name = string(rune('p'+c.IntN(3))) + "/" + name
	}
	return name
}

func (c chooser) dir() string { return string(rune('p' + c.IntN(3))) }

// call makes one call, as root or as another user, and says which.
func (c chooser) call() (string, error) {
	from, to, uid, gid := c.name(), c.name(), c.id(), c.id()
	nofollow := c.IntN(2) * unix.AT_SYMLINK_NOFOLLOW
	switch c.IntN(14) {
	case 0, 1, 2:
		return fmt.Sprint("chown ", from, uid, gid, nofollow), unix.Fchownat(unix.AT_FDCWD, from, uid, gid, nofollow)
	case 3:
		return fmt.Sprint("chgrp ", from, gid), unix.Fchownat(unix.AT_FDCWD, from, -1, gid, nofollow)
	case 4:
		return fmt.Sprint("chmod ", from), unix.Chmod(from, []uint32{0o777, 0o2777, 0o4777, 0o6777}[c.IntN(4)])
	case 5:
		return fmt.Sprint("rename ", from, to), unix.Rename(from, to)
	case 6:
		return fmt.Sprint("exchange ", from, to), unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_EXCHANGE)
	case 7:
		if lacksAttributes(file{path: from}) { // README.md: hard links of symbolic links are not emulated
			return "no link", nil
		}
		return fmt.Sprint("link ", from, to), unix.Link(from, to)
	case 8:
		return fmt.Sprint("unlink ", from), unix.Unlink(from)
	case 9:
		return fmt.Sprint("mkdir ", c.dir()), asUser(uid, gid, func() error { return unix.Mkdir(c.dir(), 0o777) })
	case 10:
		return fmt.Sprint("symlink ", from, to), asUser(uid, gid, func() error { return unix.Symlink(from, to) })
	case 11:
		return fmt.Sprint("fchown ", from, uid, gid), withOpen(from, unix.O_RDONLY|unix.O_NONBLOCK, func(fd int) error { return unix.Fchown(fd, uid, gid) })
	case 12:
		return fmt.Sprint("exclusive ", from), asUser(uid, gid, func() error { return sayOwner(from, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY) })
	}
	return fmt.Sprint("create ", from), asUser(uid, gid, func() error { return sayOwner(from, unix.O_CREAT|unix.O_RDWR) })
}

// asUser creates files that belong to another user.
func asUser(uid, gid int, f func() error) error {
	_, _ = unix.SetfsgidRetGid(gid)
	_, _ = unix.SetfsuidRetUid(uid)
	err := f()
	_, _ = unix.SetfsuidRetUid(0)
	_, _ = unix.SetfsgidRetGid(0)
	return err
}

func withOpen(name string, flags int, f func(fd int) error) error {
	fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o777)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(fd)
}

// sayOwner opens a file and prints the owner that its descriptor shows.
func sayOwner(name string, flags int) error {
	return withOpen(name, flags, func(fd int) error {
		var s unix.Stat_t
		err := unix.Fstat(fd, &s)
		if err == nil {
			say("of", s.Uid, s.Gid)
		}
		return err
	})
}

// become is an actor that scripts use to run a command as another user, with groups 5 and 6 besides: UID GID COMMAND...
func become(args []string) {
	runtime.LockOSThread()
	uid, _ := strconv.Atoi(args[0])
	gid, _ := strconv.Atoi(args[1])
	// In its own mount namespace, as a container is: a process whose parents have ended is known by that.
	must(errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Setgroups([]int{5, 6}), unix.Setresgid(gid, gid, gid), unix.Setresuid(uid, uid, uid)))
	must(unix.Exec(args[2], args[2:], os.Environ()))
}

// ids is an actor that prints its ids, and tries to change them: users.sh.
func ids([]string) {
	runtime.LockOSThread()
	var u, g [3]int
	u[0], u[1], u[2] = unix.Getresuid()
	g[0], g[1], g[2] = unix.Getresgid()
	groups, err := unix.Getgroups()
	say(u, g, groups, err, unix.Setuid(0), unix.Setgroups(nil), unix.Setuid(88))
}
