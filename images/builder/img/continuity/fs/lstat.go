package fs

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What ownership (../../../../ownership) and this file have agreed on: the attribute in which it keeps a file's owner, and the flag with which
// fstatat(2) is the kernel's to answer.
const (
	ownerAttribute = "user.rootlesscontainers"
	unemulated     = 0x2000 // AT_STATX_FORCE_SYNC, which no local file system heeds
)

// Lstat is os.Lstat. The engine asks for every file of an image, more than once for each layer. Under `restricted` ownership answers, which
// takes twenty times as long, and for most files finds what the kernel has said: those of which no owner is kept are asked for here.
func Lstat(path string) (os.FileInfo, error) {
	var stat unix.Stat_t
	err := unix.Fstatat(unix.AT_FDCWD, path, &stat, unix.AT_SYMLINK_NOFOLLOW|unemulated)
	if errors.Is(err, unix.ENOENT) {
		return nil, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	if kind := stat.Mode & unix.S_IFMT; err != nil || kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return os.Lstat(path)
	}
	if _, err := unix.Lgetxattr(path, ownerAttribute, nil); !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP) {
		return os.Lstat(path)
	}
	header := tar.Header{Name: path, Mode: int64(stat.Mode), Size: stat.Size, ModTime: time.Unix(stat.Mtim.Sec, stat.Mtim.Nsec)}
	return fileInfo{header.FileInfo(), (*syscall.Stat_t)(unsafe.Pointer(&stat))}, nil
}

// fileInfo is what os.Lstat returns but for os.SameFile, to which it is like no other.
type fileInfo struct {
	os.FileInfo
	stat *syscall.Stat_t
}

func (f fileInfo) Sys() interface{} { return f.stat }

// Walk is filepath.Walk with this Lstat.
func Walk(root string, fn filepath.WalkFunc) error {
	return filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return fn(path, nil, err)
		}
		info, err := Lstat(path)
		return fn(path, info, err)
	})
}
