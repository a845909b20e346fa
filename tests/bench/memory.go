package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

const (
	memoryContext = 1 << 30 // bytes
	memoryLimit   = 64      // MiB above a run with a small context
)

// compareMemory compares the plugin's peak memory for a large context with that for a small one.
func compareMemory(ctx context.Context, b *bench, _ int) (report, error) {
	small, large := filepath.Join(b.Temp, "idle"), filepath.Join(b.Temp, "large")
	err := errors.Join(makeMinimal(small), makeMinimal(large), os.WriteFile(filepath.Join(large, "zeros"), nil, 0o644))
	if err == nil {
		err = os.Truncate(filepath.Join(large, "zeros"), memoryContext) // a sparse file takes no disk here
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
		bars:  []bar{{name: "memory of the plugin: 1 GiB of context costs", unit: "MiB", value: busy.median() - idle.median(), limit: memoryLimit}},
	}, nil
}

// peakMemory builds a context and returns the most memory, in MiB, that the plugin had resident. It starts the plugin without kubectl, whose
// memory would count: kubectl becomes the plugin.
func (b *bench) peakMemory(ctx context.Context, dir string) (float64, error) {
	var stderr bytes.Buffer
	cmd := b.command(ctx, b.Plugin, "build", "-n", b.namespace, "--push=false", dir)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	watched := make(chan float64, 1)
	go func() { watched <- program.PeakMemory(cmd.Process.Pid) }()
	err := cmd.Wait()
	peak := <-watched
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, &stderr)
	}
	if peak == 0 {
		return 0, errors.New("the run was too short to measure its memory")
	}
	return peak, nil
}
