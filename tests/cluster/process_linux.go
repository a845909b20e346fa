package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

func supported() error {
	if os.Geteuid() != 0 {
		return errors.New("start cluster: needs root, to make namespaces, network links and cgroups")
	}
	return nil
}

// process is process 1 of the cluster's namespaces, seen from outside. The start time distinguishes it from a later process with its id.
type process struct {
	PID   int
	Start string
}

// spawn starts init.sh in new namespaces, moves it into the cluster's cgroup and connects its network.
func (p paths) spawn(ctx context.Context, bin string, opts Options) (process, error) {
	log, err := os.Create(p.in("log", "init"))
	if err != nil {
		return process{}, err
	}
	defer log.Close()
	args := []string{p.in("init.sh"), p.state}
	for _, component := range p.components(opts) {
		args = append(args, component.name)
	}
	// The cluster outlives the context, and usually this process.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.state, log, log
	cmd.Env = []string{
		"PATH=" + bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=" + p.state, "NODE_IP=" + p.nodeIP, "SERVICE_IP=" + serviceIP,
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
	}
	if err := cmd.Start(); err != nil {
		return process{}, err
	}
	go cmd.Wait() //nolint:errcheck // keeps it from becoming a zombie if this process stops it
	started := process{PID: cmd.Process.Pid}
	if started.Start, err = startTime(started.PID); err != nil {
		return started, err
	}
	if err := p.joinCgroups(started.PID); err != nil {
		return started, fmt.Errorf("join cgroups: %w", err)
	}
	return started, p.connect(ctx, started.PID)
}

// connect makes a link from the host into the process's network namespace. init.sh waits for the link's inner end.
func (p paths) connect(ctx context.Context, pid int) error {
	for _, args := range [][]string{
		{"link", "add", p.link, "type", "veth", "peer", "name", "eth0", "netns", strconv.Itoa(pid)},
		{"address", "add", p.hostIP + "/30", "dev", p.link},
		{"link", "set", p.link, "up"},
		// The way from servers on this machine to pods.
		{"route", "add", p.podCIDR, "via", p.nodeIP},
		// And to the nodes that are machines.
		{"route", "add", strings.TrimSuffix(p.nodeIP, ".2") + ".0/24", "via", p.nodeIP},
	} {
		if err := program.Run(exec.CommandContext(ctx, "ip", args...)); err != nil {
			return err
		}
	}
	return nil
}

// alive is false for a zombie, which holds no resources.
func (p process) alive() bool {
	start, err := startTime(p.PID)
	return err == nil && p.PID > 0 && start == p.Start
}

func (p process) kill() error {
	if !p.alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// startTime reads field 22 of /proc/PID/stat, in clock ticks since boot. It is an error for a zombie.
func startTime(pid int) (string, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The name in parentheses may contain spaces.
	_, rest, _ := strings.Cut(string(data[strings.LastIndexByte(string(data), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", fmt.Errorf("read start time of process %d: unknown format", pid)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", os.ErrProcessDone
	}
	return fields[19], nil
}

// lock keeps two starts apart, for example those of test packages that run side by side.
func lock(ctx context.Context, dir string) (unlock func(), err error) {
	if err := cache.MakeTraversable(dir); err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = poll(ctx, 100*time.Millisecond, func() error {
		return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("wait for lock %s: %w", file.Name(), err)
	}
	return func() { _ = file.Close() }, nil
}
