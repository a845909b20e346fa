// Package namespace puts the engine where it is root over a range of ids, has mounts of its own, and does not find the supervisor's files.
package namespace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The program runs itself again under these names.
const (
	mapStage    = "img-map"    // in a new user namespace, waits for its map
	engineStage = "img-engine" // root in a user namespace, with mounts of its own
	procStage   = "img-proc"   // in a new pid namespace, tries to mount /proc
)

const (
	mappedFD = 3 // the map stage reads "m" from it when the map is there
	socketFD = 4 // the engine stage's connection to the first process
	self     = "/proc/self/exe"
)

// InEngine reports whether this process is the engine.
func InEngine() bool { return os.Args[0] == engineStage }

// Stage runs the part of the program that the process's name asks for. It reports whether that was all that the process is for: it is not
// for the first process and the engine.
func Stage() (done bool, err error) {
	switch os.Args[0] {
	case mapStage:
		return true, fmt.Errorf("enter user namespace: %w", awaitMap())
	case procStage:
		return true, unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	case engineStage:
		unix.CloseOnExec(mappedFD)
		unix.CloseOnExec(socketFD)
		return false, endWithParent()
	}
	return false, nil
}

// endWithParent has the kernel kill the engine when the first process ends. It was to do so from the start, but becoming root in a user namespace
// cancels that.
func endWithParent() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	// The first process may have ended before. Then its end of the connection is closed.
	peer := []unix.PollFd{{Fd: socketFD, Events: unix.POLLRDHUP}}
	if n, err := unix.Poll(peer, 0); err == nil && n > 0 && peer[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0 {
		return errors.New("the process that started the engine has ended")
	}
	return nil
}

// awaitMap becomes the engine, which gets its capabilities by being root when it is executed.
func awaitMap() error {
	pipe := os.NewFile(mappedFD, "map")
	word, err := io.ReadAll(pipe)
	if err != nil || string(word) != "m" {
		return errors.Join(errors.New("no ids were mapped"), err)
	}
	// Both maps may have lost ids that this process still has.
	if err := errors.Join(unix.Setresgid(0, 0, 0), unix.Setresuid(0, 0, 0)); err != nil {
		return err
	}
	return unix.Exec(self, append([]string{engineStage}, os.Args[1:]...), os.Environ())
}

// Enter runs this command again as the engine, and serves it on a connection that no build step can reach. It returns the engine's exit
// code; an engine that a signal ended has 128 and the signal's number.
func Enter(serve func(io.ReadWriteCloser)) (int, error) {
	runtime.LockOSThread() // the engine gets SIGKILL when the thread that started it ends
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	ours, theirs, err := socketPair()
	if err != nil {
		return 0, err
	}
	mapped, ready, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(context.Background(), self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{mapped, theirs}
	cmd.Args[0] = engineStage
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	rootless := !privileged()
	if rootless {
		cmd.Args[0] = mapStage
		cmd.SysProcAttr.Unshareflags |= syscall.CLONE_NEWUSER
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start engine in namespaces of its own: %w", err)
	}
	_, _ = mapped.Close(), theirs.Close()
	if rootless {
		if err := writeMaps(cmd.Process.Pid); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return 0, err
		}
	}
	_, _ = ready.WriteString("m")
	_ = ready.Close()
	go serve(ours)
	return wait(cmd, signals)
}

// wait hands signals on. A command that was told to stop has not succeeded, whatever it says.
func wait(cmd *exec.Cmd, signals <-chan os.Signal) (int, error) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var stopped syscall.Signal
	for {
		select {
		case s := <-signals:
			stopped, _ = s.(syscall.Signal)
			_ = cmd.Process.Signal(s)
		case err := <-done:
			var exited *exec.ExitError
			switch {
			case stopped != 0:
				return 128 + int(stopped), nil
			case err == nil:
				return 0, nil
			case !errors.As(err, &exited):
				return 0, err
			}
			if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				name := status.Signal().String() // as a shell says it: Killed
				fmt.Fprintf(os.Stderr, "%s: a signal ended the engine\n", strings.ToUpper(name[:1])+name[1:])
				return 128 + int(status.Signal()), nil
			}
			return exited.ExitCode(), nil
		}
	}
}

// writeMaps gives the process its ids. The two programs have the capability that it takes.
func writeMaps(pid int) error {
	for _, m := range []struct {
		program, subordinate, current string
		own                           int
	}{
		{"newuidmap", "/etc/subuid", "/proc/self/uid_map", os.Getuid()},
		{"newgidmap", "/etc/subgid", "/proc/self/gid_map", os.Getgid()},
	} {
		ranges, err := mapOf(m.own, m.subordinate, m.current)
		if err != nil {
			return fmt.Errorf("map ids: %w", err)
		}
		out, err := exec.CommandContext(context.Background(), m.program, arguments(pid, ranges)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("map ids: %s: %w: %s", m.program, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// privileged reports whether this process may mount: it is root, or was started in a user namespace.
func privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return os.Geteuid() == 0 && data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// OneID reports whether the process is in a user namespace with no other id than root's.
func OneID() bool {
	file, err := os.Open("/proc/self/uid_map")
	if err != nil {
		return false
	}
	defer file.Close()
	available, err := availableIDs(file)
	return err == nil && available == 1
}

// OwnProc reports whether a build step can have a /proc, and so a pid namespace, of its own. The kernel allows it only where no part of ours
// is covered.
func OwnProc() bool {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), " /proc/") {
		return false
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Args[0] = procStage
	// The pods' seccomp profile allows clone(2) this flag, and unshare(2) the other.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
	return cmd.Run() == nil
}

func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "engine"), os.NewFile(uintptr(fds[1]), "first process"), nil
}

// stayed is the connection of an engine that is the first process.
var stayed io.ReadWriteCloser

// Stay makes this process the engine, where it is.
func Stay(serve func(io.ReadWriteCloser)) {
	ours, theirs := net.Pipe()
	stayed = theirs
	go serve(ours)
}

// Connection is the engine's to the first process.
func Connection() io.ReadWriteCloser {
	if stayed != nil {
		return stayed
	}
	return os.NewFile(socketFD, "first process")
}
