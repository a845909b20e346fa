package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReport(t *testing.T) {
	dir := workDir(t, 1000)
	run := func(script string) string {
		report := filepath.Join(dir, "report")
		output(t, emulated(t, dir, "--report", report, "sh", "-c", script))
		content, _ := os.ReadFile(report)
		return string(content)
	}
	t.Run("no owner was lost: no file", func(t *testing.T) {
		if got := run("touch file && chown 5:6 file"); got != "" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("owner of a symbolic link with two names", func(t *testing.T) {
		want := "1: 5:6 " + dir + "/link\n"
		if got := run("ln -s nowhere link && ln -P link second && chown -h 5:6 link"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestHelper(t *testing.T) {
	t.Run("stopped and continued: the command fails", func(t *testing.T) {
		c := startCat(t)
		c.signal(unix.SIGSTOP, unix.SIGCONT)
		if line := c.line(); !strings.Contains(line, "another process stopped this program") {
			t.Errorf("got %q", line)
		}
		_ = c.in.Close()
		if code := c.end(); code != codeFailed {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("killed: the command is killed", func(t *testing.T) {
		c := startCat(t)
		c.signal(unix.SIGKILL)
		_ = c.cmd.Wait()
		_ = c.in.Close()
		if line := c.line(); line == "went on" {
			t.Error("the command went on")
		}
	})
	t.Run("asked to end: the command is asked", func(t *testing.T) {
		c := startCat(t)
		c.signal(unix.SIGTERM)
		if code := c.end(); code != 128+int(unix.SIGTERM) {
			t.Errorf("exit code %d", code)
		}
	})
}

// cat is a command that prints a line before and after its input.
type cat struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

func startCat(t *testing.T) cat {
	t.Helper()
	cmd := emulated(t, workDir(t, 1000), "sh", "-c", "echo began; read line; echo went on")
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	cmd.Stderr = cmd.Stdout
	if inErr != nil || outErr != nil || cmd.Start() != nil {
		t.Fatal(inErr, outErr)
	}
	c := cat{t, cmd, in, bufio.NewReader(out)}
	if line := c.line(); line != "began" {
		t.Fatalf("got %q", line)
	}
	return c
}

func (c cat) line() string {
	line, _ := c.out.ReadString('\n')
	return strings.TrimSpace(line)
}

func (c cat) signal(signals ...unix.Signal) {
	for _, s := range signals {
		if err := unix.Kill(c.cmd.Process.Pid, s); err != nil {
			c.t.Fatal(err)
		}
	}
}

// end returns the exit code.
func (c cat) end() int {
	_ = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode()
}
