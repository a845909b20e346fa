package main

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// shownLosses is how many files the report names.
const shownLosses = 5

// losses counts the files whose owner could not be kept, and names the first ones.
type losses struct {
	mu    sync.Mutex
	count int
	names []string
}

func (l *losses) add(name string, o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if len(l.names) < shownLosses {
		l.names = append(l.names, fmt.Sprintf("%d:%d %s", o.uid, o.gid, printable(name)))
	}
}

// write writes the report, one line: the count, and the first files with the owners that they should have. It writes no file if no owner was
// lost.
func (l *losses) write(path string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == 0 {
		return nil
	}
	more := ""
	if l.count > len(l.names) {
		more = ", …"
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%d: %s%s\n", l.count, strings.Join(l.names, ", "), more), 0o600)
}

// printable replaces control characters, so that the report stays one line.
func printable(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, name)
}

// absolute returns a file's whole path, for the report.
func (f file) absolute() string {
	if f.descriptor {
		if path, err := readlinkAt(unix.AT_FDCWD, f.path); err == nil {
			return path
		}
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(buf)
	if err != nil || n == 0 {
		return f.path
	}
	return strings.TrimRight(string(buf[:n-1]), "/") + "/" + f.path
}
