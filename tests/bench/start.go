package main

import "context"

const startLimit = 80 // milliseconds

// compareStart holds how long the plugin takes to say its version, which is what every command takes before it does anything.
// kubectl, which takes part of the same libraries along, shows what the machine makes of it.
func compareStart(ctx context.Context, b *bench, turns int) (report, error) {
	ours, kubectl := &row{name: "kubectl-img version --client", unit: "ms"}, &row{name: "kubectl version --client", unit: "ms"}
	for range turns {
		for _, side := range []struct {
			row     *row
			program string
		}{{ours, b.plugin()}, {kubectl, "kubectl"}} {
			took, err := b.stopwatch(ctx, func() error { return b.run(b.command(ctx, side.program, "version", "--client")) })
			if err != nil {
				return report{}, err
			}
			side.row.add(took * 1000)
		}
	}
	return report{
		title: "start of a command",
		rows:  []*row{ours, kubectl},
		bar:   bar{name: "the start takes", unit: " ms", value: ours.median(), limit: startLimit},
	}, nil
}
