package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestRandom does the same hundreds of things to a tree by the real root, and emulated: each has the same result, and so has the tree.
func TestRandom(t *testing.T) {
	for seed := range 12 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			command := []string{"sh", "-c", "chmod 777 .; actor act " + strconv.Itoa(seed) + " 600;" + list}
			want := output(t, genuine(t, workDir(t, 0), command...))
			got := output(t, emulated(t, workDir(t, 1000), command...))
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("emulated, against the real root (-want +got):\n%s", diff)
			}
		})
	}
}

// act is the program of TestRandom: SEED COUNT. Modes are wide open, because emulated users are not kept out by modes.
func act(args []string) {
	runtime.LockOSThread()
	unix.Umask(0)
	seed, _ := strconv.Atoi(args[0])
	count, _ := strconv.Atoi(args[1])
	a := actor{rand.New(rand.NewPCG(uint64(seed), 0))}
	for range count {
		what, err := a.act()
		var errno unix.Errno
		if err != nil && !errors.As(err, &errno) {
			_, _ = fmt.Fprintln(os.Stdout, err)
			os.Exit(1)
		}
		_, _ = fmt.Fprintln(os.Stdout, what, int(errno))
	}
}

type actor struct{ *rand.Rand }

func (a actor) id() int { return []int{0, 0, 1, 42, 1000, 65534, 100000}[a.IntN(7)] }

// name has few values, so that what was done before is met again.
func (a actor) name() string {
	name := string(rune('a' + a.IntN(6)))
	for a.IntN(3) == 0 {
		name = string(rune('p'+a.IntN(3))) + "/" + name
	}
	return name
}

func (a actor) dir() string { return string(rune('p' + a.IntN(3))) }

// act does one thing, as root or as somebody else, and says what it was.
func (a actor) act() (string, error) {
	from, to, uid, gid := a.name(), a.name(), a.id(), a.id()
	nofollow := a.IntN(2) * unix.AT_SYMLINK_NOFOLLOW
	switch a.IntN(14) {
	case 0, 1, 2:
		return fmt.Sprint("chown ", from, uid, gid, nofollow), unix.Fchownat(unix.AT_FDCWD, from, uid, gid, nofollow)
	case 3:
		return fmt.Sprint("chgrp ", from, gid), unix.Fchownat(unix.AT_FDCWD, from, -1, gid, nofollow)
	case 4:
		return fmt.Sprint("chmod ", from), unix.Chmod(from, []uint32{0o777, 0o2777, 0o4777, 0o6777}[a.IntN(4)])
	case 5:
		return fmt.Sprint("rename ", from, to), unix.Rename(from, to)
	case 6:
		return fmt.Sprint("exchange ", from, to), unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_EXCHANGE)
	case 7:
		if takesNone(file{from, true}) { // README.md: hard links of symbolic links
			return "no link", nil
		}
		return fmt.Sprint("link ", from, to), unix.Link(from, to)
	case 8:
		return fmt.Sprint("unlink ", from), unix.Unlink(from)
	case 9:
		return fmt.Sprint("mkdir ", a.dir()), a.as(uid, gid, func() error { return unix.Mkdir(a.dir(), 0o777) })
	case 10:
		return fmt.Sprint("symlink ", from, to), a.as(uid, gid, func() error { return unix.Symlink(from, to) })
	case 11:
		return fmt.Sprint("fchown ", from, uid, gid), through(from, unix.O_RDONLY|unix.O_NONBLOCK, func(fd int) error { return unix.Fchown(fd, uid, gid) })
	case 12:
		return fmt.Sprint("exclusive ", from), a.as(uid, gid, func() error { return through(from, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, nil) })
	}
	return fmt.Sprint("create ", from), a.as(uid, gid, func() error { return through(from, unix.O_CREAT|unix.O_RDWR, nil) })
}

// become is the program that scripts call to run a command as somebody else: UID GID COMMAND. It has groups 5 and 6 besides.
func become(args []string) {
	runtime.LockOSThread()
	uid, _ := strconv.Atoi(args[0])
	gid, _ := strconv.Atoi(args[1])
	// In a mount namespace of its own, as a container is: by that a process is known whose parent is gone.
	err := errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Setgroups([]int{5, 6}), unix.Setresgid(gid, gid, gid), unix.Setresuid(uid, uid, uid))
	if err == nil {
		err = unix.Exec(args[2], args[2:], os.Environ())
	}
	_, _ = fmt.Fprintln(os.Stdout, err)
	os.Exit(1)
}

// ids says who it is, and tries to be somebody else: users.sh.
func ids() {
	runtime.LockOSThread()
	var u, g [3]int
	u[0], u[1], u[2] = unix.Getresuid()
	g[0], g[1], g[2] = unix.Getresgid()
	groups, err := unix.Getgroups()
	_, _ = fmt.Fprintln(os.Stdout, u, g, groups, err, unix.Setuid(0), unix.Setgroups(nil), unix.Setuid(88))
}

// as makes files somebody else's.
func (a actor) as(uid, gid int, f func() error) error {
	_, _ = unix.SetfsgidRetGid(gid)
	_, _ = unix.SetfsuidRetUid(uid)
	err := f()
	_, _ = unix.SetfsuidRetUid(0)
	_, _ = unix.SetfsgidRetGid(0)
	return err
}

func through(name string, flags int, f func(int) error) error {
	fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o777)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if f != nil {
		return f(fd)
	}
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(os.Stdout, "of", s.Uid, s.Gid)
	return nil
}
