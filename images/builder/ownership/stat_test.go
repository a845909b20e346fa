package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnemulated: the engine can ask the kernel, as images/builder/img does for every file.
func TestUnemulated(t *testing.T) {
	got := output(t, emulated(t, workDir(t, 1000), "sh", "-c", "touch file && chown 5:6 file && actor stat file"))
	if want := "5:6\n0:0\n"; got != want {
		t.Errorf("fstatat(2) without and with the flag: got %q, want %q", got, want)
	}
}

// statBoth is the program of that test.
func statBoth(path string) {
	for _, flags := range []int{0, unemulated} {
		var stat unix.Stat_t
		err := unix.Fstatat(unix.AT_FDCWD, path, &stat, flags)
		if err != nil {
			_, _ = fmt.Fprintln(os.Stdout, err)
			continue
		}
		_, _ = fmt.Fprintf(os.Stdout, "%d:%d\n", stat.Uid, stat.Gid)
	}
}
