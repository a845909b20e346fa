package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const opensLimit = 150 // milliseconds

// opens is a script that starts the engine in a pod: `img ls` with a state that is new, and then again with this state. It prints the
// milliseconds of each.
//
//go:embed opens.sh
var opens string

// compareEngine measures how long the engine takes to open its state: a whole process with its user namespace.
func compareEngine(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	pod, err := b.handPod(ctx)
	if err != nil {
		return report{}, err
	}
	if err := b.startIdle(ctx, pod); err != nil {
		return report{}, err
	}
	output, err := b.kubectl(ctx, "exec", "-n", b.namespace, "hand", "--", "sh", "-c", opens, "opens.sh", podState, strconv.Itoa(turns))
	if err != nil {
		return report{}, err
	}
	fresh, known := &row{name: "img ls, new state", unit: "ms"}, &row{name: "img ls, state of an earlier process", unit: "ms"}
	for lines := bufio.NewScanner(strings.NewReader(output)); lines.Scan(); {
		var first, second float64
		if _, err := fmt.Sscan(lines.Text(), &first, &second); err != nil {
			return report{}, fmt.Errorf("the script printed %q: %w", lines.Text(), err)
		}
		fresh.add(first)
		known.add(second)
	}
	if len(fresh.values) != turns {
		return report{}, errors.New("the script has not measured every turn")
	}
	return report{
		title: "start of the engine, in a pod of profile userns",
		rows:  []*row{fresh, known},
		bars: []bar{
			{name: "the engine opens a new state (`img ls`, the whole process)", unit: "ms", value: fresh.median(), limit: opensLimit},
			{name: "the engine opens the state of an earlier process", unit: "ms", value: known.median(), limit: opensLimit},
		},
	}, nil
}
