package buildcontext

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Causes found below the errors of this package with errors.Is.
var (
	// ErrNotDirectory tells that the build context is a file.
	ErrNotDirectory = errors.New("not a directory")
	// ErrNoDockerfile tells that there is no file where the Dockerfile should be.
	ErrNoDockerfile = errors.New("no such file")
	// ErrIsDirectory tells that the Dockerfile is a directory.
	ErrIsDirectory = errors.New("is a directory")
	// ErrEmptyDockerfile tells that the Dockerfile holds nothing but space.
	ErrEmptyDockerfile = errors.New("empty")
	// ErrTooLarge tells that the Dockerfile or the ignore file is over 1 MiB.
	ErrTooLarge = errors.New("larger than 1 MiB")
	// ErrChanged tells that a file did not stay as it was while it was sent.
	ErrChanged = errors.New("changed while it was sent")
	// ErrNotArchive tells that stdin held neither an archive nor a Dockerfile.
	ErrNotArchive = errors.New("neither a tar archive nor a Dockerfile")
	// ErrEmptyInput tells that stdin held nothing.
	ErrEmptyInput = errors.New("empty input")
	// ErrUnsupported tells that an archive's compression is not gzip or zstd.
	ErrUnsupported = errors.New("unsupported compression, use gzip or zstd")
	// ErrEscapes tells that an archive names a file outside itself.
	ErrEscapes = errors.New("points outside the build context")
	// ErrAmbiguousDockerfile tells that stdin would have to be two things at once.
	ErrAmbiguousDockerfile = errors.New("ambiguous Dockerfile: stdin and -f both name one")
	// ErrConsumed tells that an archive from stdin was sent before.
	ErrConsumed = errors.New("already sent")
)

// FileError is trouble with one file, of the client's disk or of an archive.
type FileError struct {
	Op   string // what was done, as in "read Dockerfile"
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, printable(e.Path), e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// PatternError is a line of an ignore file that is no pattern.
type PatternError struct {
	File    string
	Line    int // from 1; 0 when unknown
	Pattern string
	Err     error
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("parse %s:%d: pattern %q: %v", e.File, e.Line, e.Pattern, e.Err)
}

func (e *PatternError) Unwrap() error { return e.Err }

// fileError names the path once, also when err is an os error that repeats it.
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

// printable keeps an odd name from writing control characters or a second line into an error.
func printable(name string) string {
	quoted := fmt.Sprintf("%q", name)
	if name != "" && quoted[1:len(quoted)-1] == name {
		return name
	}
	return quoted
}
