package runc

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test program stand in for the front, and for a runc: BuildKit runs both as processes of their own.
func TestMain(m *testing.M) {
	var code int
	var err error
	switch {
	case slices.Contains(os.Args, "fake-runc"):
		code, err = fakeRunc()
	case os.Getenv("TEST_RUNC") != "":
		err = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
		if err == nil {
			args := os.Args[1:]
			if args[0] == "front" {
				args = []string{"fake-runc"}
			}
			code, err = supervise(os.Getenv("TEST_RUNC"), args, os.Getenv("TEST_PID_FILE"))
		}
	default:
		code = m.Run()
	}
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// fakeRunc waits until its container has closed its output, as the real one does.
func fakeRunc() (int, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(context.Background(), "sh", "-c", "(sleep 300 &) ; sleep 300 & sleep 0.2; exit 5")
	cmd.Stdout = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	if err := os.WriteFile(os.Getenv("TEST_PID_FILE"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return 0, err
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), nil
}

func TestSupervise(t *testing.T) {
	tests := []struct {
		name, script string
		code         int
	}{
		{"exit code", "exit 7", 7},
		{"process left behind", "sleep 300 & exit 3", 3},
		{"process left behind in a session of its own", "setsid sh -c 'sleep 300 & sleep 300' & exit 0", 0},
		{"killed", "kill -KILL $$", 128 + 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-c", tt.script)
			cmd.Env = append(os.Environ(), "TEST_RUNC=/bin/sh")
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadAll(output) // ends when the last process has closed it
			_ = cmd.Wait()
			if took := time.Since(start); cmd.ProcessState.ExitCode() != tt.code || took > time.Minute {
				t.Errorf("exit code %d after %v, want %d", cmd.ProcessState.ExitCode(), took, tt.code)
			}
		})
	}
}

func TestEndLeftovers(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "front")
	cmd.Env = append(os.Environ(), "TEST_RUNC="+os.Args[0], "TEST_PID_FILE="+t.TempDir()+"/pid")
	start := time.Now()
	_ = cmd.Run()
	if took := time.Since(start); cmd.ProcessState.ExitCode() != 5 || took > time.Minute {
		t.Errorf("exit code %d after %v, want 5", cmd.ProcessState.ExitCode(), took)
	}
}
