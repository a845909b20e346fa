//go:build !windows

package buildcontext

import (
	"io/fs"
	"syscall"
)

// fileID tells whether two names are one file.
type fileID struct{ dev, ino uint64 }

// linkID is true for files with several names.
func linkID(info fs.FileInfo) (fileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Nlink < 2 {
		return fileID{}, false
	}
	return fileID{dev: uint64(st.Dev), ino: uint64(st.Ino)}, true // signed or narrower on some systems
}
