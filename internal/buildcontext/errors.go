package buildcontext

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The causes of this package's errors, for errors.Is.
var (
	// ErrNotDirectory means that the build context is a file.
	ErrNotDirectory = errors.New("not a directory")
	// ErrNoDockerfile means that the Dockerfile does not exist.
	ErrNoDockerfile = errors.New("no such file")
	// ErrIsDirectory means that the Dockerfile is a directory.
	ErrIsDirectory = errors.New("is a directory")
	// ErrEmptyDockerfile means that the Dockerfile has no content but space.
	ErrEmptyDockerfile = errors.New("empty")
	// ErrTooLarge means that the Dockerfile or the ignore file is over 1 MiB.
	ErrTooLarge = errors.New("larger than 1 MiB")
	// ErrChanged means that a file changed while it was sent.
	ErrChanged = errors.New("changed while it was sent")
	// ErrNotArchive means that stdin is neither an archive nor a Dockerfile.
	ErrNotArchive = errors.New("neither a tar archive nor a Dockerfile")
	// ErrEmptyInput means that stdin is empty.
	ErrEmptyInput = errors.New("empty input")
	// ErrUnsupported means that an archive has another compression than gzip or zstd.
	ErrUnsupported = errors.New("unsupported compression, use gzip or zstd")
	// ErrEscapes means that a name or a link leads out of the context.
	ErrEscapes = errors.New("points outside the build context")
	// ErrAmbiguousDockerfile means that the Dockerfile comes from stdin and from -f.
	ErrAmbiguousDockerfile = errors.New("ambiguous Dockerfile: stdin and -f both name one")
	// ErrConsumed means that an archive on stdin was sent before.
	ErrConsumed = errors.New("already sent")
)

// FileError is a problem with one file, on disk or in an archive.
type FileError struct {
	Op   string // for example "read Dockerfile"
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, printable(e.Path), e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// PatternError is an invalid line of an ignore file.
type PatternError struct {
	File    string
	Line    int // from 1
	Pattern string
	Err     error
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("parse %s:%d: pattern %q: %v", e.File, e.Line, e.Pattern, e.Err)
}

func (e *PatternError) Unwrap() error { return e.Err }

// fileError returns a FileError that has the path once: an error of os can contain it too.
func fileError(op, path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		err = le.Err
	}
	return &FileError{Op: op, Path: path, Err: err}
}

// printable quotes a name that has control characters or line breaks.
func printable(name string) string {
	quoted := fmt.Sprintf("%q", name)
	if name != "" && quoted[1:len(quoted)-1] == name {
		return name
	}
	return quoted
}
