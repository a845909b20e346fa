package main

import (
	"context"
	"os/exec"
	"runtime"
)

// keepBusy runs a process for each processor that does nothing but take its time, until stop is called.
func (b *bench) keepBusy(ctx context.Context) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var started []*exec.Cmd
	stop = func() {
		cancel()
		for _, cmd := range started {
			_ = cmd.Wait() // killed
		}
	}
	for range runtime.NumCPU() {
		cmd := b.command(ctx, "sh", "-c", "while :; do :; done")
		if err := cmd.Start(); err != nil {
			stop()
			return nil, err
		}
		started = append(started, cmd)
	}
	return stop, nil
}
