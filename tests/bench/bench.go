package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// The volumes of the pods on both sides: those of the plugin's builder pod.
const (
	podContext = "/workspace/context"
	podState   = "/var/lib/kubectl-img"
)

// bench is a namespace of the cluster and the plugin that is measured.
type bench struct {
	*fixture.Fixture
	namespace string
	env       []string
	log       io.Writer
}

func newBench(ctx context.Context, log io.Writer) (*bench, error) {
	f, err := fixture.New(ctx, "bench", log)
	if err != nil {
		return nil, err
	}
	b := &bench{Fixture: f, namespace: fmt.Sprintf("bench-%d", os.Getpid()), log: log}
	path := strings.Join([]string{filepath.Join(f.Temp, "bin"), b.Bin, os.Getenv("PATH")}, string(os.PathListSeparator))
	b.env = append(append(os.Environ(), b.Env()...), "XDG_CACHE_HOME="+b.Temp, "PATH="+path)
	if err := errors.Join(f.Compile(ctx, fixture.ReleaseFlags()...), b.makeNamespace(ctx)); err != nil {
		b.cleanUp()
		return nil, err
	}
	return b, nil
}

// makeNamespace returns when pods can be created in it.
func (b *bench) makeNamespace(ctx context.Context) error {
	if _, err := b.kubectl(ctx, "create", "namespace", b.namespace); err != nil {
		return err
	}
	_, err := b.kubectl(ctx, "wait", "--for=create", "serviceaccount/default", "-n", b.namespace)
	return err
}

func (b *bench) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := b.kubectl(ctx, "delete", "namespace", b.namespace, "--wait=false", "--ignore-not-found"); err != nil {
		fmt.Fprintln(b.log, "warning:", err)
	}
	if err := b.Close(); err != nil {
		fmt.Fprintln(b.log, "warning:", err)
	}
}

func (b *bench) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	path := name
	// LookPath reads the PATH of this process, which has neither kubectl nor the plugin.
	if name == "kubectl" {
		path = filepath.Join(b.Bin, name)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = b.env
	return cmd
}

// run waits for the end of a command, which may write its stderr elsewhere.
func run(cmd *exec.Cmd) error {
	_, err := program.Output(cmd)
	return err
}

func (b *bench) kubectl(ctx context.Context, args ...string) (string, error) {
	output, err := program.Output(b.command(ctx, "kubectl", args...))
	return strings.TrimSpace(output), err
}

// timed measures do in seconds. It waits until the pods of earlier turns are gone and what they wrote is on the disk, so that no turn pays for
// another.
func (b *bench) timed(ctx context.Context, do func() error) (float64, error) {
	if _, err := b.kubectl(ctx, "delete", "pods", "--all", "--wait", "--grace-period=1", "-n", b.namespace); err != nil {
		return 0, err
	}
	return b.stopwatch(ctx, do)
}

// stopwatch measures do in seconds, once everything written so far is on the disk.
func (b *bench) stopwatch(ctx context.Context, do func() error) (float64, error) {
	if err := run(b.command(ctx, "sync")); err != nil {
		return 0, err
	}
	start := time.Now()
	err := do()
	return time.Since(start).Seconds(), err
}
