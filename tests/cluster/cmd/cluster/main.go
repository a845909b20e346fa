// Command cluster starts and stops the cluster of the demo and the tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

const usage = `usage: cluster up      start the cluster if it does not run
       cluster down    stop the cluster; pushed images stay
       cluster purge   stop the cluster and delete everything except the cache
       cluster env     print the cluster's environment variables for a shell
       cluster status  print whether the cluster runs, or what is left of it`

func main() { program.Main(run) }

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
		return fmt.Errorf("%w, but an earlier one has left: %s", err, strings.Join(left, "; "))
	}
	return err
}
