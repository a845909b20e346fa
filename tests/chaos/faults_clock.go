package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// clockKinds are clients with a wrong clock. Nothing may come of it, neither for them nor for a build beside them.
func clockKinds() []kind {
	return []kind{
		{"clock an hour ahead", 1, clock("3600")},
		{"clock an hour behind", 1, clock("-3500")}, // the cluster's certificates begin an hour before its start
	}
}

func clock(seconds string) func(*rand.Rand) fault {
	return func(*rand.Rand) fault {
		var beside *client
		return fault{
			what: "the client's clock is off by " + seconds + " s, beside a build that may take five minutes", want: mustSucceed,
			set: func(r *run) (err error) {
				if r.program, err = r.clockPlugin(); err != nil {
					return err
				}
				r.env = append(r.env, clockVariable+"="+seconds)
				beside, err = r.startBeside()
				return err
			},
			check: func(context.Context, *run) []string { return judgeBeside(beside) },
		}
	}
}

// startBeside starts a build of a right client in the same namespace, and returns when it has its pod.
func (r *run) startBeside() (*client, error) {
	dir := filepath.Join(r.dir, "beside")
	dockerfile := "FROM " + r.Registry + "/busybox:1\nRUN sleep 8\n"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := startClient(ctx, r.plugin, r.environment(dir, r.Kubeconfig), []string{
		"build", "-n", r.ns, "-t", r.ref + "/beside", "--timeout", "5m", "--request", "cpu=50m,memory=64Mi", "--profile", "unconfined", dir,
	})
	if err == nil && !c.await(ctx, moment{after: atContext}) {
		err = fmt.Errorf("the build beside did not begin: %s", c.stderr.String())
	}
	return c, err
}

func judgeBeside(c *client) []string {
	limit := make(chan struct{})
	timer := time.AfterFunc(patience, func() { close(limit) })
	defer timer.Stop()
	if o := c.end(limit); o.code != 0 {
		return []string{fmt.Sprintf("the build beside it ended with exit code %d: %q", o.code, o.lines("error: "))}
	}
	return nil
}
