package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// outcome is how a client ended.
type outcome struct {
	stdout, stderr string
	code           int  // -1: a signal ended it
	hung           bool // it did not end by itself
}

// lines are the lines of stderr that begin with prefix.
func (o outcome) lines(prefix string) []string {
	return slices.DeleteFunc(strings.Split(o.stderr, "\n"), func(l string) bool { return !strings.HasPrefix(l, prefix) })
}

// process is a running client.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr program.Buffer
	done           chan struct{} // closed when it has ended
}

func startProcess(ctx context.Context, path string, env, args []string) (*process, error) {
	c := &process{done: make(chan struct{})}
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Env, c.cmd.WaitDelay = &c.stdout, &c.stderr, env, 5*time.Second
	// The client must not get the signals that a terminal sends to this process.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // end reads the process's state
	}()
	return c, nil
}

// await waits for a moment. It returns false if the client ends first.
func (c *process) await(ctx context.Context, m moment) bool {
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

func (c *process) signal(s syscall.Signal) error { return c.cmd.Process.Signal(s) }

// end waits for the client to end. At the limit it makes the client print the stacks of its goroutines, and ends it.
func (c *process) end(limit <-chan struct{}) outcome {
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
