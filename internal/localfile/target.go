// Package localfile writes files that the user names. A name can stand for a regular file, a link, a pipe, an open descriptor or a device; the package follows
// links as a shell does, and replaces nothing but regular files.
package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// maxLinks is how many links a path may have, as in Linux.
const maxLinks = 40

// target is what a path stands for once its links are followed.
type target struct {
	path       string
	info       fs.FileInfo // nil if nothing is there
	descriptor int         // of this process, or -1
}

var (
	errLinks     = errors.New("too many links")
	errDirectory = errors.New("is a directory: want a file")
)

// resolve follows path's links. A link to nothing stands for the file that it names.
func resolve(path string) (target, error) {
	if os.IsPathSeparator(path[len(path)-1]) {
		return target{}, errDirectory
	}
	for range maxLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target{}, fmt.Errorf("directory %s does not exist", filepath.Dir(path))
		case err != nil:
			return target{}, err
		}
		path = filepath.Join(dir, filepath.Base(path))
		if n, found, err := parseDescriptor(dir, filepath.Base(path)); found || err != nil {
			return target{path: path, descriptor: n}, err
		}
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target{path: path, descriptor: -1}, nil
		case err != nil:
			return target{}, err
		case info.Mode()&fs.ModeSymlink == 0:
			return target{path: path, info: info, descriptor: -1}, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return target{}, err
		}
		if path = link; !filepath.IsAbs(link) {
			path = filepath.Join(dir, link)
		}
	}
	return target{}, errLinks
}

var descriptorDir = regexp.MustCompile(`^(?:/dev/fd|/proc/([0-9]+)/(?:task/[0-9]+/)?fd)$`)

var errOtherProcess = errors.New("is a descriptor of another process")

// parseDescriptor returns the number of a descriptor of this process. The entries of dir look like links, but those to a pipe or to a deleted file
// name no path.
func parseDescriptor(dir, base string) (n int, found bool, err error) {
	match := descriptorDir.FindStringSubmatch(dir)
	if match == nil {
		return 0, false, nil
	}
	if match[1] != "" && match[1] != strconv.Itoa(os.Getpid()) {
		return 0, false, errOtherProcess
	}
	n, err = strconv.Atoi(base)
	if err != nil {
		return 0, false, fmt.Errorf("%s is no descriptor", base)
	}
	return n, true, nil
}
