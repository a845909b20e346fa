package buildcontext

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A pipe that nobody writes to never ends, so only a pipe that the user names is read.
func TestFromDirPipe(t *testing.T) {
	for _, name := range []string{"Dockerfile", "dockerfile", ".dockerignore", "Dockerfile.dockerignore"} {
		t.Run(name+" is refused", func(t *testing.T) {
			root := writeTree(t, "file=FROM scratch")
			must(t, syscall.Mkfifo(filepath.Join(root, name), 0o644))
			if filepath.Ext(name) == ".dockerignore" {
				must(t, os.Rename(filepath.Join(root, "file"), filepath.Join(root, "Dockerfile")))
			}
			read := make(chan error, 1)
			go func() {
				_, err := FromDir(root, "", nil)
				read <- err
			}()
			select {
			case err := <-read:
				if !errors.Is(err, errNotRegular) {
					t.Errorf("got %v, want %v", err, errNotRegular)
				}
			case <-time.After(10 * time.Second):
				t.Error("it waits for a writer")
			}
		})
	}
	t.Run("the user names a pipe in the context", func(t *testing.T) {
		root := writeTree(t, "ctx/a")
		checkPipe(t, root, filepath.Join(root, "ctx/pipe"))
	})
	t.Run("the user names a pipe outside the context", func(t *testing.T) {
		root := writeTree(t, "ctx/a")
		checkPipe(t, root, filepath.Join(root, "pipe"))
	})
	for _, dir := range []string{"/dev/fd", "/proc/self/fd", fmt.Sprintf("/proc/%d/fd", os.Getpid())} {
		t.Run("the user names a descriptor in "+dir, func(t *testing.T) {
			root := writeTree(t, "a")
			r, w, err := os.Pipe()
			must(t, err)
			defer r.Close()
			go writeDockerfile(t, w)
			checkDockerfile(t, root, fmt.Sprintf("%s/%d", dir, r.Fd()))
		})
	}
}

func checkPipe(t *testing.T, root, pipe string) {
	t.Helper()
	must(t, syscall.Mkfifo(pipe, 0o644))
	go func() {
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		<-time.After(50 * time.Millisecond) // the reader must wait for it
		writeDockerfile(t, w)
	}()
	checkDockerfile(t, filepath.Join(root, "ctx"), pipe)
}

func writeDockerfile(t *testing.T, w io.WriteCloser) {
	_, err := io.WriteString(w, "FROM pipe")
	if err := errors.Join(err, w.Close()); err != nil {
		t.Error(err)
	}
}

func checkDockerfile(t *testing.T, dir, name string) {
	t.Helper()
	c, err := FromDir(dir, name, nil)
	must(t, err)
	if string(c.Dockerfile()) != "FROM pipe" {
		t.Errorf("Dockerfile %q", c.Dockerfile())
	}
}
