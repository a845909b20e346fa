package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// Where every pod of both sides has its volumes; the pods are the plugin's own.
const (
	podContext = "/workspace/context"
	podState   = "/var/lib/kubectl-img"
)

// bench is the cluster, a namespace in it and the plugin that is measured.
type bench struct {
	cluster   *cluster.Cluster
	namespace string
	dir       string // temporary: plugin, contexts
	env       []string
	log       io.Writer
}

func newBench(ctx context.Context, log io.Writer) (*bench, error) {
	c, err := cluster.Up(ctx, cluster.Options{}, log)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kubectl-img-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{cluster: c, namespace: fmt.Sprintf("bench-%d", os.Getpid()), dir: dir, log: log}
	b.env = append(os.Environ(), c.Env()...)
	b.env = append(b.env, "XDG_CACHE_HOME="+dir, "PATH="+dir+string(os.PathListSeparator)+c.Bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := errors.Join(b.buildPlugin(ctx), b.makeNamespace(ctx)); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// buildPlugin compiles it as `make build` does; it is another module than this one.
func (b *bench) buildPlugin(ctx context.Context) error {
	tests, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.plugin(), "./cmd/kubectl-img")
	cmd.Dir = filepath.Dir(tests)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return b.run(cmd)
}

// moduleDir is that of this module, below the repository.
func moduleDir(ctx context.Context) (string, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(mod))), nil
}

func (b *bench) plugin() string { return filepath.Join(b.dir, "kubectl-img") }

// makeNamespace returns when pods can be made in it.
func (b *bench) makeNamespace(ctx context.Context) error {
	if _, err := b.kubectl(ctx, "create", "namespace", b.namespace); err != nil {
		return err
	}
	_, err := b.kubectl(ctx, "wait", "--for=create", "serviceaccount/default", "-n", b.namespace)
	return err
}

func (b *bench) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := b.kubectl(ctx, "delete", "namespace", b.namespace, "--wait=false", "--ignore-not-found"); err != nil {
		fmt.Fprintln(b.log, "warning:", err)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		fmt.Fprintln(b.log, "warning:", err)
	}
}

func (b *bench) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	path := name
	// LookPath reads this process's PATH, which has neither kubectl nor the plugin.
	if name == "kubectl" {
		path = filepath.Join(b.cluster.Bin, name)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = b.env
	return cmd
}

func (b *bench) run(cmd *exec.Cmd) error {
	_, err := output(cmd)
	return err
}

func (b *bench) kubectl(ctx context.Context, args ...string) (string, error) {
	return output(b.command(ctx, "kubectl", args...))
}

// output returns stdout; the error carries the end of stderr.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &stdout
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text[max(0, len(text)-2000):])
	}
	return strings.TrimSpace(stdout.String()), nil
}

// timed runs do after what earlier turns wrote is on the disk and their pods are gone, so that no turn pays for another.
func (b *bench) timed(ctx context.Context, do func() error) (float64, error) {
	if _, err := b.kubectl(ctx, "delete", "pods", "--all", "--wait", "--grace-period=1", "-n", b.namespace); err != nil {
		return 0, err
	}
	return b.stopwatch(ctx, do)
}

// stopwatch takes the time in seconds.
func (b *bench) stopwatch(ctx context.Context, do func() error) (float64, error) {
	if err := b.run(b.command(ctx, "sync")); err != nil {
		return 0, err
	}
	start := time.Now()
	err := do()
	return time.Since(start).Seconds(), err
}
