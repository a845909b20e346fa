//go:build unix

package localfile

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A file is checked when a run begins, and written when it ends.
func TestCommitLooksAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	f, err := Create("path")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo("path", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("%v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	checkNoTemporary(t)
}

// A temporary file that can't be closed may have a part of the content only.
func TestCommitKeepsFileIfContentIsLost(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "path", "old")
	f, err := Create("path")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.File.Close(), f.Commit(t.Context())); err == nil {
		t.Error("no error")
	}
	if got := read(t, "path"); got != "old" {
		t.Errorf("the file has %q", got)
	}
	_ = f.Close()
}

func TestModeOfFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "path", "old")
	if err := errors.Join(os.Chmod("path", 0o640), Write(t.Context(), "path", []byte("new"))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat("path"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
