// Package shared guards what the containers of a pod have in common: the files with which names are looked up, and memory. Kubernetes mounts the same
// /etc/hosts and /etc/resolv.conf into all of them, and a build step can write to both.
package shared

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// file is one that must stay as it was when the engine started.
type file struct {
	path    string
	content []byte
	state   tree.Info // at which the content was right
}

// names are the files with which names are looked up.
var names = []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}

func openFiles(paths []string) ([]*file, error) {
	var files []*file
	for _, path := range paths {
		f := &file{path: path}
		err := f.learn()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func (f *file) learn() (err error) {
	f.content, f.state, err = f.read()
	return err
}

// read returns a content that did not change while it was read.
func (f *file) read() ([]byte, tree.Info, error) {
	open, err := os.Open(f.path)
	if err != nil {
		return nil, tree.Info{}, err
	}
	defer open.Close()
	for range 100 {
		before, err := tree.StatFile(int(open.Fd()))
		if err != nil {
			return nil, tree.Info{}, err
		}
		content, err := io.ReadAll(io.NewSectionReader(open, 0, 1<<20))
		if err != nil {
			return nil, tree.Info{}, err
		}
		after, err := tree.StatFile(int(open.Fd()))
		if err != nil || after.Unchanged(before) {
			return content, after, err
		}
	}
	return nil, tree.Info{}, fmt.Errorf("%s changes all the time", f.path)
}

// intact reports whether the file has not changed since its content was right.
func (f *file) intact() bool {
	now, err := tree.Stat(unix.AT_FDCWD, f.path)
	return err == nil && now.Unchanged(f.state)
}

// restore makes the content right.
func (f *file) restore(write func(path string, content []byte) error) error {
	if f.intact() {
		return nil
	}
	for range 100 {
		content, state, err := f.read()
		if err == nil && bytes.Equal(content, f.content) {
			f.state = state
			return nil
		}
		err = os.WriteFile(f.path, f.content, 0o644)
		if errors.Is(err, unix.EROFS) && write != nil {
			err = write(f.path, f.content)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%s can't be put right", f.path)
}
