package buildcontext

import (
	"archive/tar"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// node is a file in the context.
type node struct {
	path string // slash-separated, relative to the context
	file string // on disk
	info fs.FileInfo
}

// specialKind names the kind of a special file, which can't be copied into an image. It is empty for other files.
func specialKind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe" // BuildKit would skip it without a warning
	}
	return ""
}

func contentSize(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return 0
}

// headerFor returns the header of a file, which does not depend on the client: owner 0/0, whole seconds, forward slashes.
func headerFor(n node) (*tar.Header, error) {
	hdr := &tar.Header{Name: n.path, Mode: tarMode(runtime.GOOS, n.info.Mode()), ModTime: n.info.ModTime()}
	switch mode := n.info.Mode(); {
	case mode.IsDir():
		hdr.Typeflag = tar.TypeDir
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(n.file)
		if err != nil {
			return nil, fileError("read link", n.file, err)
		}
		hdr.Typeflag, hdr.Linkname = tar.TypeSymlink, filepath.ToSlash(target)
	default:
		hdr.Typeflag = tar.TypeReg
	}
	return hdr, nil
}
