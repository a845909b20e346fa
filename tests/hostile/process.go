//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strconv"
)

func proc(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

func content(path string) []byte {
	data, _ := os.ReadFile(path)
	return data
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// hits runs an attack on every process, also after one succeeded, and reports whether any succeeded.
func hits(pids []int, succeeds func(pid int) bool) bool {
	hit := false
	for _, pid := range pids {
		hit = succeeds(pid) || hit
	}
	return hit
}
