package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outcome is what the client left behind at its end.
type outcome struct {
	stdout, stderr string
	code           int  // -1: ended by a signal
	hung           bool // had to be stopped
}

// lines are those of stderr that begin with prefix.
func (o outcome) lines(prefix string) []string {
	return slices.DeleteFunc(strings.Split(o.stderr, "\n"), func(l string) bool { return !strings.HasPrefix(l, prefix) })
}

// client is a run of the plugin.
type client struct {
	cmd            *exec.Cmd
	stdout, stderr buffer
	done           chan struct{} // closed when it has ended
}

func startClient(ctx context.Context, program string, env, args []string) (*client, error) {
	c := &client{done: make(chan struct{})}
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Env, c.cmd.WaitDelay = &c.stdout, &c.stderr, env, 5*time.Second
	// A terminal's signals to this process are not the client's.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // its state is looked at
	}()
	return c, nil
}

// await returns true a delay after the client said text, or false when it ended first.
func (c *client) await(ctx context.Context, m moment) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(c.stderr.String(), m.after) {
		select {
		case <-c.done:
			return false
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	select {
	case <-c.done:
		return false
	case <-ctx.Done():
		return false
	case <-time.After(m.delay):
		return true
	}
}

func (c *client) signal(s syscall.Signal) error { return c.cmd.Process.Signal(s) }

// end waits for the end, and makes a client that does not come to it say where it hangs.
func (c *client) end(limit <-chan struct{}) outcome {
	o := outcome{}
	select {
	case <-c.done:
	case <-limit:
		o.hung = true
		_ = c.signal(syscall.SIGCONT)
		_ = c.signal(syscall.SIGQUIT)
		select {
		case <-c.done:
		case <-time.After(10 * time.Second):
			_ = c.signal(syscall.SIGKILL)
			<-c.done
		}
	}
	o.stdout, o.stderr, o.code = c.stdout.String(), c.stderr.String(), c.cmd.ProcessState.ExitCode()
	return o
}

// environment is the cluster's and nothing of this machine's.
func (l *lab) environment(home, kubeconfig string) []string {
	return append(l.Env(), "HOME="+home, "KUBECONFIG="+kubeconfig, "GORACE=halt_on_error=1", "TMPDIR="+os.TempDir())
}

// buffer can be read while a process still writes to it.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
