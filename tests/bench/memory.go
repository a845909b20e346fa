package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

const (
	memoryContext = 1 << 30 // bytes
	memoryLimit   = 64      // MiB above an idle run
)

// compareMemory holds the plugin's peak memory for a large context against that for a small one.
func compareMemory(ctx context.Context, b *bench, _ int) (report, error) {
	small, large := filepath.Join(b.dir, "idle"), filepath.Join(b.dir, "large")
	err := errors.Join(makeNothing(small), makeNothing(large), os.WriteFile(filepath.Join(large, "zeros"), nil, 0o644))
	if err == nil {
		err = os.Truncate(filepath.Join(large, "zeros"), memoryContext) // sparse: it costs no disk here
	}
	if err != nil {
		return report{}, err
	}
	idle, busy := &row{name: "context of a few bytes", unit: "MiB"}, &row{name: "context of 1 GiB", unit: "MiB"}
	for _, side := range []struct {
		row *row
		dir string
	}{{idle, small}, {busy, large}} {
		peak, err := b.peakMemory(ctx, side.dir)
		if err != nil {
			return report{}, err
		}
		side.row.add(peak)
	}
	return report{
		title: "peak memory of the plugin",
		rows:  []*row{idle, busy},
		bar:   bar{name: "1 GiB of context costs", unit: " MiB", value: busy.median() - idle.median(), limit: memoryLimit},
	}, nil
}

// peakMemory builds dir and returns the most memory, in MiB, that was resident. It runs the plugin without kubectl and
// reads VmHWM while it runs: the rusage of a child also counts what its parent, or kubectl before it became the plugin,
// had resident at exec.
func (b *bench) peakMemory(ctx context.Context, dir string) (float64, error) {
	var stderr bytes.Buffer
	cmd := b.command(ctx, b.plugin(), "build", "-n", b.namespace, "--push=false", dir)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return watchMemory(cmd, ended, &stderr)
}

func watchMemory(cmd *exec.Cmd, ended <-chan error, stderr *bytes.Buffer) (float64, error) {
	var peak float64
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return 0, fmt.Errorf("%w: %s", err, stderr)
			}
			if peak == 0 {
				return 0, errors.New("the run was too short to look at its memory")
			}
			return peak, nil
		case <-tick.C:
			// The last readings may find a process that is gone.
			if now, err := highWater(cmd.Process.Pid); err == nil {
				peak = max(peak, now)
			}
		}
	}
}

var highWaterLine = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// highWater returns a process's VmHWM in MiB; see proc_pid_status(5).
func highWater(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	match := highWaterLine.FindSubmatch(data)
	if match == nil {
		return 0, errors.New("no VmHWM")
	}
	kib, err := strconv.ParseFloat(string(match[1]), 64)
	return kib / 1024, err
}
