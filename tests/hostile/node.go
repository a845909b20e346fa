//go:build linux

package main

import (
	"fmt"
	"os"
)

// node opens files that the races for runc's mounts (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881) want to write to: who writes to them has the
// node. Nothing is written.
func node() {
	for _, file := range []struct{ name, path string }{
		{"core_pattern", "/proc/sys/kernel/core_pattern"},
		{"panic", "/proc/sys/kernel/panic"},
	} {
		f, err := os.OpenFile(file.path, os.O_WRONLY, 0)
		if err == nil {
			_ = f.Close()
		}
		fmt.Fprintln(os.Stdout, "attack", file.name, err == nil)
	}
}
