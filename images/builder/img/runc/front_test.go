package runc

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test program stand in for the front: BuildKit runs it as a process of its own, too.
func TestMain(m *testing.M) {
	if real := os.Getenv("TEST_RUNC"); real != "" {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			panic(err)
		}
		code, err := supervise(real, os.Args[1:])
		if err != nil {
			panic(err)
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
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
