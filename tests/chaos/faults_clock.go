package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// clockKinds are clients with a wrong clock. It may disturb neither their builds nor another build in the namespace.
func clockKinds() []kind {
	return []kind{
		{"clock an hour ahead", 1, clock("3600")},
		{"clock an hour behind", 1, clock("-3500")}, // the cluster's certificates are valid from an hour before its start
	}
}

func clock(seconds string) func(*rand.Rand) fault {
	return func(*rand.Rand) fault {
		var beside *process
		return fault{
			what: "the client's clock is wrong by " + seconds + " s, beside a build that may take five minutes", want: mustSucceed,
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

// startBeside starts a build by a client with the right clock in the same namespace, and returns when its context was sent.
func (r *run) startBeside() (*process, error) {
	dir := filepath.Join(r.home, "beside")
	dockerfile := "FROM " + r.Registry + "/busybox:1\nRUN sleep 8\n"
	if err := fixture.WriteContext(dir, map[string]string{"Dockerfile": dockerfile}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := startProcess(ctx, r.Plugin, r.environment(dir, r.Kubeconfig), []string{
		"build", "-n", r.ns, "-t", r.ref + "/beside", "--timeout", "5m", "--request", "cpu=50m,memory=64Mi", "--profile", r.profile, dir,
	})
	if err == nil && !c.await(ctx, moment{after: atContext}) {
		err = fmt.Errorf("the build beside it did not begin: %s", c.stderr.String())
	}
	return c, err
}

func judgeBeside(c *process) []string {
	limit := make(chan struct{})
	timer := time.AfterFunc(patience, func() { close(limit) })
	defer timer.Stop()
	if o := c.end(limit); o.code != 0 {
		return []string{fmt.Sprintf("the build beside it ended with exit code %d: %q", o.code, o.lines("error: "))}
	}
	return nil
}
