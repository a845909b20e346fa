//go:build linux

package main

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The swapper's pace: slow enough that a path changes between two looks at it and not within one, and as long as the readers may take.
const (
	swapEvery = 15 * time.Millisecond
	swapFor   = 90 * time.Second
)

// swap makes a directory and a link change places. Whoever follows the path twice may find the directory first, and the link then.
func swap(dir, target string) {
	link := dir + "-link"
	if os.MkdirAll(dir, 0o777) != nil || os.Symlink(target, link) != nil {
		return
	}
	tick := time.NewTicker(swapEvery)
	for end := time.Now().Add(swapFor); time.Now().Before(end); <-tick.C {
		_ = unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "stop")); err == nil {
			return
		}
	}
}
