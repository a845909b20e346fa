package main

import (
	"context"
	"fmt"
	"strings"
)

// side is one way to build and push an image.
type side struct {
	row   *row
	build func(ctx context.Context, reference string) error
}

// compareSmall builds and pushes an image with the plugin, by hand with the engine of older builder images, and with kaniko.
func compareSmall(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	// The ids of the older image don't fit into a pod's user namespace.
	pod, err := b.handPod(ctx, "--image", b.LegacyImage, "--profile", "localhost")
	if err != nil {
		return report{}, err
	}
	kaniko, err := b.publishKaniko(ctx)
	if err != nil {
		return report{}, err
	}
	ours, byHand, theirs := &row{name: "kubectl img build", unit: "s"}, &row{name: "by hand, img v0.5.11", unit: "s"}, &row{name: "kaniko v1.24.0", unit: "s"}
	err = b.race(ctx, turns,
		side{ours, b.buildByPlugin},
		side{byHand, func(ctx context.Context, reference string) error { return b.buildByHand(ctx, pod, reference) }},
		side{theirs, func(ctx context.Context, reference string) error {
			return b.buildByKaniko(ctx, kaniko, b.smallContext(), reference)
		}},
	)
	if err != nil {
		return report{}, err
	}
	return report{
		title: "COPY and RUN on busybox, pushed",
		rows:  []*row{ours, byHand, theirs},
		bars: []bar{
			ratio("COPY and RUN on busybox, pushed: kubectl img build / by hand with img v0.5.11", ours, byHand, 0.6),
			ratio("the same / kaniko", ours, theirs, 0.45),
		},
	}, nil
}

// race measures the sides in turns. Before that it lets each build once, so that the node has the images.
func (b *bench) race(ctx context.Context, turns int, sides ...side) error {
	for turn := range turns + 1 {
		for i, side := range sides {
			// Each build has a tag of its own, so that an image in the registry comes from this build.
			reference := fmt.Sprintf("%s/%s:%d-%d", b.Registry, b.namespace, turn, i)
			took, err := b.timed(ctx, func() error { return side.build(ctx, reference) })
			if err == nil {
				_, err = b.Digest(ctx, reference) // the registry must have it
			}
			if err != nil {
				return fmt.Errorf("%s: %w", side.row.name, err)
			}
			if turn > 0 {
				side.row.add(took)
			}
		}
	}
	return nil
}

func (b *bench) buildByPlugin(ctx context.Context, reference string) error {
	line, err := b.kubectl(ctx, "img", "build", "-n", b.namespace, "-t", reference, b.smallContext())
	if err == nil && !strings.Contains(line, "@sha256:") {
		return fmt.Errorf("the plugin printed no digest but %q", line)
	}
	return err
}
