package buildcontext

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The causes of this package's errors, for errors.Is.
var (
	// errNotDirectory means that the build context is a file.
	errNotDirectory = errors.New("not a directory")
	// ErrNoDockerfile means that the Dockerfile does not exist.
	ErrNoDockerfile = errors.New("no such file")
	// errIsDirectory means that the Dockerfile is a directory.
	errIsDirectory = errors.New("is a directory")
	// errEmptyDockerfile means that the Dockerfile has no content but space.
	errEmptyDockerfile = errors.New("empty")
	// errTooLarge means that the Dockerfile or the ignore file is over 1 MiB.
	errTooLarge = errors.New("larger than 1 MiB")
	// errChanged means that a file changed while it was sent.
	errChanged = errors.New("changed while it was sent")
	// errNotArchive means that stdin is neither an archive nor a Dockerfile.
	errNotArchive = errors.New("neither a tar archive nor a Dockerfile")
	// errEmptyInput means that stdin is empty.
	errEmptyInput = errors.New("empty input")
	// errUnsupported means that an archive has another compression than gzip or zstd.
	errUnsupported = errors.New("unsupported compression, use gzip or zstd")
	// errEscapes means that a name or a link leads out of the context.
	errEscapes = errors.New("points outside the build context")
	// errLeavesDirectory means that a Dockerfile outside the context, or the ignore file beside it, is a link that leads out of its directory.
	errLeavesDirectory = errors.New("points outside its directory")
	// errNotRegular means that the Dockerfile or the ignore file is a pipe, a device or a socket.
	errNotRegular = errors.New("not a regular file")
	// errAmbiguousDockerfile means that the Dockerfile comes from stdin and from -f.
	errAmbiguousDockerfile = errors.New("ambiguous Dockerfile: stdin and -f both name one")
	// errConsumed means that an archive on stdin was sent before.
	errConsumed = errors.New("already sent")
)

// pathError is a problem with one file, on disk or in an archive.
type pathError struct {
	op   string // for example "read Dockerfile"
	path string
	err  error
}

func (e *pathError) Error() string { return fmt.Sprintf("%s %s: %v", e.op, printable(e.path), e.err) }

func (e *pathError) Unwrap() error { return e.err }

// patternError is an invalid line of an ignore file. It does not repeat the line, which can be a secret: the file may not be what its name says.
type patternError struct {
	file string
	line int // from 1
	err  error
}

func (e *patternError) Error() string {
	return fmt.Sprintf("parse %s:%d: %v", printable(e.file), e.line, e.err)
}

func (e *patternError) Unwrap() error { return e.err }

// fileError returns a pathError that has the path once: an error of os can contain it too.
func fileError(op, path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		err = le.Err
	}
	return &pathError{op: op, path: path, err: err}
}

// printable quotes a name that has control characters or line breaks.
func printable(name string) string {
	quoted := fmt.Sprintf("%q", name)
	if name != "" && quoted[1:len(quoted)-1] == name {
		return name
	}
	return quoted
}
