package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// componentKinds are faults of the cluster.
func componentKinds() []kind {
	return []kind{
		{"API server killed and restarted", 1, componentKilled("apiserver")},
		{"kubelet killed and restarted", 1, componentKilled("kubelet")},
		{"containerd killed and restarted", 1, componentKilled("containerd")},
	}
}

func componentKilled(name string) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		d := millis(r, 0, 3000)
		return fault{
			what: fmt.Sprintf("SIGKILL, started again after %s", d), when: anyMoment(r), alone: true, grace: time.Minute,
			want: want{outcome: succeeds, within: 120 * time.Second},
			disturb: func(ctx context.Context, run *run) error {
				// The cluster is repaired even if the client ends.
				ctx = context.WithoutCancel(ctx)
				if err := run.Kill(name); err != nil {
					return err
				}
				if err := wait(ctx, d); err != nil {
					return err
				}
				if err := run.Start(ctx, name); err != nil {
					return err
				}
				return run.Await(ctx)
			},
		}
	}
}
