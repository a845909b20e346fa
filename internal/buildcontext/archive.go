package buildcontext

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const blockSize = 512 // of tar

// FromTar checks the start of a tar archive on stdin, which can be compressed with gzip or zstd. dockerfile is a path in the archive; ""
// stands for Dockerfile. As in docker, text that is no archive is a Dockerfile with an empty context.
func FromTar(r io.Reader, dockerfile string) (*Context, error) {
	if dockerfile == "-" {
		return nil, fmt.Errorf("%s: %w", opRead, errAmbiguousDockerfile)
	}
	wanted, err := dockerfileNames(dockerfile)
	if err != nil {
		return nil, err
	}
	in, err := open(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", opRead, err)
	}
	head, err := in.Peek(blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", opRead, truncated(err))
	}
	switch {
	case isTar(head):
		return fromArchive(in, wanted), nil
	case len(head) == 0 || len(head) == blockSize && len(bytes.Trim(head, "\x00")) == 0:
		return nil, fmt.Errorf("%s: %w", opRead, errEmptyInput)
	case in.compressed || !isText(head):
		return nil, fmt.Errorf("%s: %w", opRead, errNotArchive)
	case dockerfile != "":
		return nil, fmt.Errorf("%s: %w", opRead, errAmbiguousDockerfile)
	}
	return fromText(in)
}

// dockerfileNames returns the names to look for, the preferred one first.
func dockerfileNames(name string) ([]string, error) {
	if name == "" {
		return []string{"Dockerfile", "dockerfile"}, nil
	}
	clean, err := cleanName(name)
	if err == nil && clean == "." {
		err = errIsDirectory
	}
	if err != nil {
		return nil, fileError(opDockerfile, name, err)
	}
	return []string{clean}, nil
}

func fromText(r io.Reader) (*Context, error) {
	d, err := stdinDockerfile(r)
	if err != nil {
		return nil, err
	}
	if !isText(d.content) {
		return nil, fmt.Errorf("%s: %w", opRead, errNotArchive)
	}
	return &Context{dockerfile: d, src: emptySource{}}, nil
}

func fromArchive(in *archiveReader, wanted []string) *Context {
	d := &dockerfile{}
	return &Context{dockerfile: d, src: &archive{in: in, found: newFinder(wanted, d), seen: newNameSet()}}
}

// emptySource is the context of a Dockerfile on stdin.
type emptySource struct{}

func (emptySource) scan(context.Context) (Summary, error) { return Summary{}, nil }

func (emptySource) send(context.Context, *sender) error { return nil }

// isTar reports whether head begins with a tar header.
func isTar(head []byte) bool {
	if len(head) < blockSize || len(bytes.Trim(head, "\x00")) == 0 {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(head)).Next()
	// The header of a long name or a PAX record continues behind head.
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isText reports whether data is text, and not binary. Text can have a few characters in an old 8-bit encoding.
func isText(data []byte) bool {
	total, odd := len(data), 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1 && utf8.FullRune(data):
			odd++
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != '\v', r == 0x7f:
			return false
		}
		data = data[n:]
	}
	return odd*10 <= total
}
