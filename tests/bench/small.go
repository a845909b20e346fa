package main

import (
	"context"
	"fmt"
	"strings"
)

// compareSmall builds and pushes an image with the plugin and by hand.
func compareSmall(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	pod, err := b.handPod(ctx)
	if err != nil {
		return report{}, err
	}
	plugin, byHand := &row{name: "kubectl img build", unit: "s"}, &row{name: "by hand", unit: "s"}
	for turn := range turns {
		sides := []struct {
			row   *row
			build func(reference string) error
		}{
			{plugin, func(reference string) error { return b.buildByPlugin(ctx, reference) }},
			{byHand, func(reference string) error { return b.buildByHand(ctx, pod, reference) }},
		}
		for i, side := range sides {
			// Each build has a tag of its own, so that an image in the registry comes from this build.
			reference := fmt.Sprintf("%s/%s:%d-%d", b.Registry, b.namespace, turn, i)
			took, err := b.timed(ctx, func() error { return side.build(reference) })
			if err == nil {
				_, err = b.Digest(ctx, reference) // the registry must have it
			}
			if err != nil {
				return report{}, err
			}
			side.row.add(took)
		}
	}
	return report{
		title: "COPY and RUN on busybox, pushed",
		rows:  []*row{plugin, byHand},
		bar:   bar{name: "kubectl img build / by hand", value: plugin.median() / byHand.median(), limit: 1},
	}, nil
}

func (b *bench) buildByPlugin(ctx context.Context, reference string) error {
	line, err := b.kubectl(ctx, "img", "build", "-n", b.namespace, "-t", reference, b.smallContext())
	if err == nil && !strings.Contains(line, "@sha256:") {
		return fmt.Errorf("the plugin printed no digest but %q", line)
	}
	return err
}
