package buildflags

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The shell has opened image.tar as stdout. A file that took its place at the end of the run would take the image with it.
func TestFileThatIsStdout(t *testing.T) {
	b := newBench(t)
	f, err := os.Create("image.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stdout, err := unix.Dup(1)
	if err == nil {
		err = unix.Dup3(int(f.Fd()), 1, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, planned := b.plan("-o", "type=tar,dest=-", "--metadata-file", "image.tar", ".")
	if err := errors.Join(unix.Dup3(stdout, 1, 0), unix.Close(stdout)); err != nil {
		t.Fatal(err)
	}
	if planned == nil || !strings.Contains(planned.Error(), "stdout carries the output") {
		t.Errorf("%v", planned)
	}
}
