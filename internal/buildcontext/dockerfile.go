package buildcontext

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFileBytes is the size limit of a Dockerfile or an ignore file, which are kept in memory.
const maxFileBytes = 1 << 20

const opDockerfile = "read Dockerfile"

// dockerfile is a Dockerfile, as far as it has been read.
type dockerfile struct {
	content []byte
	file    string // on disk, as the user named it; "" for stdin
	path    string // in an archive
}

// readDockerfile finds and reads the Dockerfile of the context at dir.
func readDockerfile(dir, name string, stdin io.Reader) (*dockerfile, error) {
	if name == "-" {
		return stdinDockerfile(stdin)
	}
	named := name != ""
	if !named {
		name = defaultDockerfile(dir)
	}
	content, err := readSmall(opDockerfile, smallFile{dir, name, named})
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = &pathError{op: opDockerfile, path: name, err: ErrNoDockerfile}
		}
		return nil, err
	}
	d := &dockerfile{content: content, file: name}
	return d, d.check()
}

func stdinDockerfile(stdin io.Reader) (*dockerfile, error) {
	if stdin == nil {
		return nil, &pathError{op: opDockerfile, path: "-", err: ErrNoDockerfile}
	}
	content, err := readLimited(opDockerfile, "-", stdin)
	if err != nil {
		return nil, err
	}
	d := &dockerfile{content: content}
	return d, d.check()
}

// check returns an error for an empty Dockerfile.
func (d *dockerfile) check() error {
	if len(bytes.TrimSpace(d.content)) > 0 {
		return nil
	}
	name := d.file
	if name == "" {
		name = "-"
	}
	return &pathError{op: opDockerfile, path: name, err: errEmptyDockerfile}
}

// defaultDockerfile returns docker's default: Dockerfile, or dockerfile if only that exists.
func defaultDockerfile(dir string) string {
	name := filepath.Join(dir, "Dockerfile")
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		lower := filepath.Join(dir, "dockerfile")
		if _, err := os.Lstat(lower); err == nil {
			return lower
		}
	}
	return name
}

func readSmall(op string, s smallFile) ([]byte, error) {
	f, err := s.open()
	if err != nil {
		return nil, fileError(op, s.name, err)
	}
	defer f.Close()
	return readLimited(op, s.name, f)
}

func readLimited(op, name string, r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fileError(op, name, err)
	}
	if len(content) > maxFileBytes {
		return nil, fileError(op, name, errTooLarge)
	}
	return content, nil
}
