package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Kill sends SIGKILL to a component, which components names. Its child processes, such as pods, stay alive.
func (c *Cluster) Kill(component string) error {
	argv, err := c.commandOf(component)
	if err != nil {
		return err
	}
	pids, err := c.members(argv)
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		return fmt.Errorf("kill %s: it does not run", component)
	}
	for _, pid := range pids {
		// Before its exec, a component's child looks like the component, and it may have ended.
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill %s: %w", component, err)
		}
	}
	return nil
}

// Start starts a killed component again, in the cluster's namespaces and cgroup.
func (c *Cluster) Start(ctx context.Context, component string) error {
	argv, err := c.commandOf(component)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(c.Dir, "log", component), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	// The shell waits for a line, so that the component starts in the cgroup.
	enter := []string{"-c", `read -r _ && exec "$@" </dev/null`, "sh", "nsenter", "-t", strconv.Itoa(c.Process.PID), "-m", "-p", "-n", "--wd=" + c.Dir}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", append(enter, argv...)...)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, c.componentEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // the component ends with the cluster
	if err := pathsOf(c.Instance).joinCgroups(cmd.Process.Pid); err != nil {
		return fmt.Errorf("start %s: %w", component, err)
	}
	_, err = stdin.Write([]byte("\n"))
	return err
}

// Await waits until the API server and the node are ready.
func (c *Cluster) Await(ctx context.Context) error {
	if err := c.waitForAPI(ctx); err != nil {
		return err
	}
	return c.waitForNode(ctx)
}

func (c *Cluster) commandOf(component string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(c.Dir, "commands", component))
	if err != nil {
		return nil, fmt.Errorf("read the command of %s: %w", component, err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), nil
}

// componentEnv is the environment of process 1.
func (c *Cluster) componentEnv() []string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", c.Process.PID))
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

// members are the processes of the cluster's pid namespace with exactly this command line.
func (c *Cluster) members(argv []string) ([]int, error) {
	space, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", c.Process.PID))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	want := []byte(strings.Join(argv, "\x00") + "\x00")
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// The process may have ended.
		theirs, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if theirs == space && bytes.Equal(line, want) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
