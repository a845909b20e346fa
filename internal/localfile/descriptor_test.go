//go:build unix

package localfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pipe that this process has inherited blocks, and its reader can stop.
func TestWriteToDescriptorEndsWithContext(t *testing.T) {
	_, w := inheritedPipe(t)
	over := errors.New("time is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, over)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- Write(ctx, fmt.Sprintf("/dev/fd/%d", w), make([]byte, 1<<20)) }()
	select {
	case err := <-done:
		if !errors.Is(err, over) {
			t.Errorf("%v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the write goes on")
	}
}

// The group can read what the user has shared with it, and goes on to.
func TestGroupOfFile(t *testing.T) {
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		groups = append(groups, 1234)
	}
	for _, group := range groups {
		path := filepath.Join(t.TempDir(), "path")
		write(t, path, "old")
		if err := errors.Join(os.Chown(path, -1, group), os.Chmod(path, 0o660), Write(t.Context(), path, []byte("new"))); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || int(info.Sys().(*syscall.Stat_t).Gid) != group || info.Mode().Perm() != 0o660 {
			t.Errorf("group %d: %+v, %v", group, info.Sys(), err)
		}
	}
}

const withoutTerminal = "KUBECTL_IMG_TEST_WITHOUT_TERMINAL"

// A process without a terminal can't write to /dev/tty, although everybody has the right to.
func TestCheckTerminal(t *testing.T) {
	if os.Getenv(withoutTerminal) != "" {
		if err := Check("/dev/tty"); !errors.Is(err, unix.ENXIO) {
			t.Errorf("%v", err)
		}
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCheckTerminal$")
	child.Env = append(os.Environ(), withoutTerminal+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
