//go:build !windows

package buildcontext

import (
	"io/fs"
	"syscall"
)

// nonBlocking lets the open of a pipe return at once.
const nonBlocking = syscall.O_NONBLOCK

// fileID is the same for all names of a file.
type fileID struct{ dev, ino uint64 }

// linkID returns the fileID of a file with several names.
func linkID(info fs.FileInfo) (fileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Nlink < 2 {
		return fileID{}, false
	}
	return fileID{dev: uint64(st.Dev), ino: uint64(st.Ino)}, true // the types differ between systems
}
