//go:build unix

package localfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable asks the kernel, which knows about ACLs and read-only mounts. It changes nothing.
func writable(path string) error {
	if err := unix.Access(path, unix.W_OK); err != nil {
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	return nil
}

// isShared reports whether a file has a second name or another owner.
func isShared(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Nlink > 1 || int(stat.Uid) != os.Geteuid())
}

// keepGroup gives f the group of the file that it replaces.
func keepGroup(f *os.File, old fs.FileInfo) error {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if now, err := f.Stat(); err == nil && now.Sys().(*syscall.Stat_t).Gid == stat.Gid { //nolint:forcetypeassert // as of old
		return nil
	}
	return f.Chown(-1, int(stat.Gid))
}

// checkTerminal reports that the process has no terminal of its own: only an open tells. It opens no other device, which could do something.
func checkTerminal(path string) error {
	if path != "/dev/tty" {
		return nil
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	return unix.Close(fd)
}

// checkDescriptor accepts a descriptor that this process has inherited. Those that it has opened itself are closed in programs that it starts.
func checkDescriptor(n int) error {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 {
		return fmt.Errorf("descriptor %d is not open", n)
	}
	mode, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
	if err != nil || mode&unix.O_ACCMODE == unix.O_RDONLY {
		return fmt.Errorf("descriptor %d is not open for writing", n)
	}
	return nil
}

// openDescriptor returns a copy of a descriptor. To open its path would truncate a file that others write too.
func openDescriptor(n int) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", n, err)
	}
	return os.NewFile(uintptr(fd), fmt.Sprintf("/dev/fd/%d", n)), nil
}
