package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// How much longer profile stock, which copies files where userns mounts them, may take.
const (
	stockSmallLimit  = 1.2
	stockStepsLimit  = 1.5
	stockKanikoLimit = 0.9
)

// stockSteps is the number of RUN steps on a large base image: each copies what it has changed.
const stockSteps = 12

// compareStock builds a small image, and one of many steps, under the profiles stock and userns and with kaniko; and the tree of many files without kaniko.
func compareStock(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	steps, tree := filepath.Join(b.Temp, "steps"), filepath.Join(b.Temp, "many")
	dockerfile := "FROM " + b.Registry + "/debian:12\n" + strings.Repeat("RUN cat /proc/sys/kernel/random/uuid >>/uuid && dpkg -l >/packages\n", stockSteps)
	if err := fixture.WriteContext(steps, map[string]string{"Dockerfile": dockerfile}); err != nil {
		return report{}, err
	}
	if err := makeManyFiles(tree); err != nil {
		return report{}, err
	}
	kaniko, err := b.publishKaniko(ctx)
	if err != nil {
		return report{}, err
	}
	result := report{title: "profile stock"}
	rows := map[string]*row{}
	for _, work := range []struct{ name, dir string }{{"COPY and RUN on busybox", b.smallContext()}, {fmt.Sprintf("%d steps on debian:12", stockSteps), steps}} {
		var sides []side
		for _, profile := range []string{"stock", "userns"} {
			sides = append(sides, side{&row{name: work.name + ", " + profile, unit: "s"}, func(ctx context.Context, reference string) error {
				_, err := b.kubectl(ctx, "img", "build", "-n", b.namespace, "-t", reference, "--profile", profile, work.dir)
				return err
			}})
		}
		sides = append(sides, side{&row{name: work.name + ", kaniko", unit: "s"}, func(ctx context.Context, reference string) error {
			return b.buildByKaniko(ctx, kaniko, work.dir, reference)
		}})
		if err := b.race(ctx, turns, sides...); err != nil {
			return report{}, err
		}
		for _, s := range sides {
			rows[s.row.name] = s.row
			result.rows = append(result.rows, s.row)
		}
	}
	many := map[string]*row{}
	for _, profile := range []string{"stock", "userns"} {
		many[profile] = &row{name: fmt.Sprintf("%d files, %s", manyFiles, profile), unit: "s"}
		if err := b.buildUnder(ctx, profile, tree, many[profile]); err != nil {
			return report{}, err
		}
		result.rows = append(result.rows, many[profile])
	}
	name := fmt.Sprintf("%d steps on debian:12", stockSteps)
	result.bars = []bar{
		ratio("COPY and RUN on busybox, pushed: profile stock / userns", rows["COPY and RUN on busybox, stock"], rows["COPY and RUN on busybox, userns"], stockSmallLimit),
		ratio(name+": profile stock / userns", rows[name+", stock"], rows[name+", userns"], stockStepsLimit),
		ratio(name+": profile stock / kaniko", rows[name+", stock"], rows[name+", kaniko"], stockKanikoLimit),
		ratio(fmt.Sprintf("%d files unpacked, copied and listed: profile stock / userns", manyFiles), many["stock"], many["userns"], 0),
	}
	return result, nil
}
