package localfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"
)

var (
	errNoDirectory = errors.New("is a file: want a directory")
	errBlockDevice = errors.New("is a block device: want a file, a pipe or a character device")
	errKind        = errors.New("want a file, a pipe or a character device")
)

// Check reports why Create could not write path. It changes nothing.
func Check(path string) error {
	t, err := resolve(path)
	if err != nil {
		return err
	}
	return t.check()
}

func (t target) check() error {
	switch {
	case t.descriptor >= 0:
		return checkDescriptor(t.descriptor)
	case t.info == nil:
		return checkParent(t.path)
	case t.info.IsDir():
		return errDirectory
	case isBlockDevice(t.info.Mode()):
		return errBlockDevice
	case !t.info.Mode().IsRegular() && !t.isStream():
		return errKind
	default:
		return cmp.Or(writable(t.path), checkTerminal(t.path))
	}
}

// isStream reports whether what is written to t goes on to somebody else: t is written in place.
func (t target) isStream() bool {
	return t.descriptor >= 0 || t.info != nil && t.info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0
}

func isBlockDevice(mode fs.FileMode) bool {
	return mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0
}

// CheckDirectory accepts a directory that exists or can be made, and returns it with its links followed.
func CheckDirectory(path string) (string, error) {
	t, err := resolve(filepath.Clean(path))
	switch {
	case err != nil:
		return "", err
	case t.descriptor >= 0, t.info != nil && !t.info.IsDir():
		return "", errNoDirectory
	case t.info == nil:
		return t.path, checkParent(t.path)
	default:
		return t.path, writable(t.path)
	}
}

func checkParent(path string) error {
	parent := filepath.Dir(path)
	info, err := os.Stat(parent)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", parent)
	default:
		return writable(parent)
	}
}

// IsStdout reports whether path is this process's standard output.
func IsStdout(path string) bool {
	t, err := resolve(path)
	return err == nil && t.descriptor == stdout
}

// IsTerminal reports whether path is a terminal.
func IsTerminal(path string) bool {
	t, err := resolve(path)
	if err != nil || !t.isStream() {
		return false
	}
	if t.descriptor >= 0 {
		return term.IsTerminal(t.descriptor)
	}
	if t.info.Mode()&fs.ModeCharDevice == 0 {
		return false
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return term.IsTerminal(int(f.Fd()))
}

// stdout is the descriptor of the standard output.
const stdout = 1
