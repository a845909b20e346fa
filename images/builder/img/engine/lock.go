package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// InUseError is a state directory that another process has open.
type InUseError struct{ Dir, Process string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("state directory %s is in use by another img (process %s): wait for it, or name another one with --state", e.Dir, e.Process)
}

// lock takes a state directory. The kernel gives it back when this process ends.
func lock(dir string) (unlock func() error, err error) {
	if err := mkdir(dir); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := io.ReadAll(file)
		return nil, errors.Join(&InUseError{dir, strings.TrimSpace(string(holder))}, file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock state directory %s: %w", dir, err), file.Close())
	}
	_ = file.Truncate(0)
	_, _ = fmt.Fprintln(file, os.Getpid())
	return file.Close, nil
}

// mkdir makes the directory that holds a state.
func mkdir(dir string) error { return os.MkdirAll(dir, 0o711) }
