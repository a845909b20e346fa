package buildcontext

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"unicode/utf8"
)

const (
	blockSize = 512 // of tar
	opRead    = "read build context"
)

// FromTar checks the start of an archive on stdin: tar, plain or compressed with gzip or zstd. The Dockerfile is a path inside it;
// "" is Dockerfile. As with docker, text that is no archive is a Dockerfile with an empty context.
func FromTar(r io.Reader, dockerfile string) (*Context, error) {
	if dockerfile == "-" {
		return nil, fmt.Errorf("%s: %w", opRead, ErrAmbiguousDockerfile)
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
		return nil, fmt.Errorf("%s: %w", opRead, ErrEmptyInput)
	case in.compressed || !isText(head):
		return nil, fmt.Errorf("%s: %w", opRead, ErrNotArchive)
	case dockerfile != "":
		return nil, fmt.Errorf("%s: %w", opRead, ErrAmbiguousDockerfile)
	}
	return fromText(in)
}

// dockerfileNames are the names to look for, the preferred one first.
func dockerfileNames(name string) ([]string, error) {
	if name == "" {
		return []string{"Dockerfile", "dockerfile"}, nil
	}
	clean, err := cleanName(name)
	if err == nil && clean == "." {
		err = ErrIsDirectory
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
		return nil, fmt.Errorf("%s: %w", opRead, ErrNotArchive)
	}
	return &Context{dockerfile: d, src: nothing{}}, nil
}

func fromArchive(in *input, wanted []string) *Context {
	d := &dockerfile{}
	return &Context{dockerfile: d, src: &archive{in: in, found: newFinder(wanted, d), seen: newNameSet()}}
}

// nothing is the context of a lone Dockerfile.
type nothing struct{}

func (nothing) scan(context.Context) (Summary, error) { return Summary{}, nil }

func (nothing) send(context.Context, *sender) error { return nil }

// isTar tells whether head is a tar header of whatever kind.
func isTar(head []byte) bool {
	if len(head) < blockSize || len(bytes.Trim(head, "\x00")) == 0 {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(head)).Next()
	// A long name or a PAX record is a header whose rest is not in head.
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isText accepts what an editor writes, comments in an old 8-bit encoding included, and refuses binary data.
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

// cleanName makes an archive's name relative to the context. The root is ".".
func cleanName(name string) (string, error) {
	for len(name) > 0 && name[0] == '/' {
		name = name[1:]
	}
	if name == "" {
		return ".", nil
	}
	clean := path.Clean(name)
	if clean == ".." || len(clean) > 2 && clean[:3] == "../" {
		return "", ErrEscapes
	}
	return clean, nil
}

// input is an archive with its compression removed.
type input struct {
	*bufio.Reader
	raw        *bufio.Reader
	compressed bool
	close      func()
}
