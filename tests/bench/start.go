package main

import "context"

const startLimit = 80 // milliseconds

// compareStart measures how long the plugin takes to print its version: every command takes that long before it does anything. kubectl, which has
// many of the same libraries, shows how fast the machine is.
func compareStart(ctx context.Context, b *bench, turns int) (report, error) {
	ours, kubectl := &row{name: "kubectl-img version --client", unit: "ms"}, &row{name: "kubectl version --client", unit: "ms"}
	for range turns {
		for _, side := range []struct {
			row     *row
			program string
		}{{ours, b.Plugin}, {kubectl, "kubectl"}} {
			took, err := b.stopwatch(ctx, func() error { return run(b.command(ctx, side.program, "version", "--client")) })
			if err != nil {
				return report{}, err
			}
			side.row.add(took * 1000)
		}
	}
	return report{
		title: "start of a command",
		rows:  []*row{ours, kubectl},
		bars:  []bar{{name: "start of the plugin", unit: "ms", value: ours.median(), limit: startLimit}},
	}, nil
}
