// Command cluster starts and stops the cluster of the demo and the tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

const usage = `usage: cluster up      start it, or do nothing where it runs
       cluster down    stop it; pushed images stay
       cluster purge   stop it and delete everything but the cache
       cluster env     print exports for a shell
       cluster status  say what runs, and what is left where nothing does`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) != 1 {
		return errors.New(usage)
	}
	switch args[0] {
	case "up":
		_, err := cluster.Up(ctx, cluster.Options{}, stderr)
		return err
	case "down":
		return cluster.Down(ctx)
	case "purge":
		return cluster.Purge(ctx)
	case "env":
		c, err := cluster.Load()
		if err != nil {
			return err
		}
		_, err = io.WriteString(stdout, c.Exports())
		return err
	case "status":
		return status(stdout)
	default:
		return errors.New(usage)
	}
}

func status(stdout io.Writer) error {
	c, err := cluster.Load()
	if err == nil {
		_, err = fmt.Fprintf(stdout, "running: process %d, API server https://%s, registries %s and %s, logs in %s/log\n",
			c.Process.PID, c.NodeIP, c.Registry, c.AuthRegistry, c.Dir)
		return err
	}
	if left := cluster.Leftovers(); len(left) > 0 {
		return fmt.Errorf("%w, but of an earlier one there are: %s", err, strings.Join(left, "; "))
	}
	return err
}
