package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

const (
	logLimit = 150 // MiB
	logLines = 500 // of a megabyte each
)

// watch is a script that runs beside the engine in the pod. It prints the engine's VmHWM, in KiB, until the engine ends.
//
//go:embed watch.sh
var watch string

// compareLog measures the most memory that the engine has resident during a build whose step prints 500 MB.
func compareLog(ctx context.Context, b *bench, _ int) (report, error) {
	dir := filepath.Join(b.Temp, "log")
	dockerfile := fmt.Sprintf("FROM %s/busybox:1\nRUN line=$(head -c 999999 /dev/zero | tr '\\0' '~'); i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \"$line\"; done\n",
		b.Registry, logLines)
	if err := fixture.WriteContext(dir, map[string]string{"Dockerfile": dockerfile}); err != nil {
		return report{}, err
	}
	engine := &row{name: "img, log of 500 MB", unit: "MiB"}
	written := &counter{}
	var last bytes.Buffer
	build := b.command(ctx, "kubectl", "img", "build", "-n", b.namespace, "--name=log", "-t", b.Registry+"/"+b.namespace+":log", "--timeout=20m", dir)
	build.Stdout, build.Stderr = &last, written
	if _, err := b.kubectl(ctx, "delete", "pods", "--all", "--wait", "--grace-period=1", "-n", b.namespace); err != nil {
		return report{}, err
	}
	if err := build.Start(); err != nil {
		return report{}, err
	}
	peak, err := b.watchEngine(ctx, "log")
	if err := errors.Join(err, build.Wait()); err != nil {
		return report{}, fmt.Errorf("%w: %s", err, &last)
	}
	if want := int64(999999) * logLines; written.total < want {
		return report{}, fmt.Errorf("the log has %d bytes, want at least %d", written.total, want)
	}
	engine.add(peak)
	return report{
		title: "memory of the engine",
		rows:  []*row{engine},
		bars:  []bar{{name: "the engine's memory while a step prints 500 MB", unit: "MiB", value: peak, limit: logLimit}},
	}, nil
}

// watchEngine returns the most memory, in MiB, that the engine in the pod had resident before it ended.
func (b *bench) watchEngine(ctx context.Context, pod string) (float64, error) {
	for _, args := range [][]string{
		{"wait", "-n", b.namespace, "--for=create", "--timeout=1m", "pod/" + pod},
		{"wait", "-n", b.namespace, "--for=condition=Ready", "--timeout=2m", "pod/" + pod},
	} {
		if _, err := b.kubectl(ctx, args...); err != nil {
			return 0, err
		}
	}
	var output, stderr bytes.Buffer
	cmd := b.command(ctx, "kubectl", "exec", "-n", b.namespace, pod, "--", "sh", "-c", watch)
	cmd.Stdout, cmd.Stderr = &output, &stderr
	if err := cmd.Run(); err != nil && output.Len() == 0 { // the pod may be gone before the script ends
		return 0, fmt.Errorf("%w: %s", err, &stderr)
	}
	peak := 0.0
	for _, field := range strings.Fields(output.String()) {
		kib, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, err
		}
		peak = max(peak, kib/1024)
	}
	if peak == 0 {
		return 0, errors.New("found no engine in the pod")
	}
	return peak, nil
}

// counter counts bytes.
type counter struct{ total int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.total += int64(len(p))
	return len(p), nil
}
