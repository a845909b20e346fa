// Package slottest runs agents of slots in containers of its own, for tests. They need root.
package slottest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// program compiles the agent. A test program needs libraries that its container does not have.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "slottest")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "agent")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", path, "github.com/kubectl-img/kubectl-img/images/builder/img/slot/slottest/agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return path, nil
})

// Program returns the path of the agent, which is a build step that attacks it if it has the arguments "attack" and the name of a slot.
func Program(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Container is a container with an agent.
type Container struct {
	Name string // of the slot
	Log  *Log
	cmd  *exec.Cmd
}

// Log is what the agent prints.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Start runs an agent until the test ends. Its container lacks the capabilities with these numbers.
func Start(t *testing.T, name string, without ...int) *Container {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("this test needs root")
	}
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	c := &Container{Name: name, Log: &Log{}}
	c.cmd = exec.CommandContext(context.Background(), Program(t), name, root)
	c.cmd.Env = append(os.Environ(), "WITHOUT="+fmt.Sprint(without))
	c.cmd.Stdout, c.cmd.Stderr = c.Log, c.Log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC}
	if _, err := c.cmd.StdinPipe(); err != nil { // the agent ends with the test program
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

// Kill ends the container, as when it runs out of memory.
func (c *Container) Kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// Terminate asks the agent to end, as the kubelet does, and returns its exit code.
func (c *Container) Terminate() int {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	_ = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode()
}
