//go:build unix

package localfile

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSame(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "file", "")
	mkdir(t, "dir")
	link(t, os.Symlink, "new", "link")
	link(t, os.Symlink, "dir", "dirlink")
	link(t, os.Link, "file", "second")
	fd, err := unix.Open("file", unix.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	descriptor := fmt.Sprintf("/dev/fd/%d", fd)
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"new", "./new", true},
		{"new", "link", true},
		{"dir/new", "dirlink/new", true},
		{"file", "second", true},
		{"file", descriptor, true},
		{"/dev/stdout", "/dev/fd/1", true},
		{"/proc/self/fd/1", "/dev/stdout", true},
		{"new", "other", false},
		{"file", "new", false},
		{"/dev/null", "/dev/null", false},
		{"/dev/stdout", "/dev/stderr", false},
		{"no/where", "no/where", false},
	} {
		if got := Same(c.a, c.b); got != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
