package main

import (
	"context"
	"fmt"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// compareBuildx builds with buildx's kubernetes driver, whose privileged daemon stays in the cluster, and with the plugin. There is no bar: an
// ephemeral pod costs what a daemon does not, and the first build shows what a daemon costs.
func compareBuildx(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	image, err := b.publishBuildKit(ctx)
	if err != nil {
		return report{}, err
	}
	buildx, err := b.peer(ctx, "buildx", "buildx")
	if err != nil {
		return report{}, err
	}
	call := func(ctx context.Context, args ...string) error {
		cmd := b.command(ctx, buildx, args...)
		cmd.Env = append(cmd.Env, "BUILDX_CONFIG="+filepath.Join(b.Temp, "buildx"))
		return run(cmd)
	}
	ours := &row{name: "kubectl img build", unit: "s"}
	if err := b.race(ctx, turns, side{ours, b.buildByPlugin}); err != nil {
		return report{}, err
	}
	options := fmt.Sprintf("image=%s,namespace=%s,timeout=5m", image, b.namespace)
	first, again, cached := &row{name: "buildx, first build", unit: "s"}, &row{name: "buildx, its daemon runs, --no-cache", unit: "s"}, &row{name: "buildx, its daemon runs, all cached", unit: "s"}
	build := func(to *row, tag string, flags ...string) error {
		reference := b.Registry + "/" + b.namespace + ":buildx-" + tag
		took, err := b.stopwatch(ctx, func() error {
			return call(ctx, append([]string{"build", "--builder", "bench", "--progress", "plain", "--push", "-t", reference, b.smallContext()}, flags...)...)
		})
		to.add(took)
		if err == nil {
			_, err = b.Digest(ctx, reference)
		}
		return err
	}
	if err := call(ctx, "create", "--name", "bench", "--driver", "kubernetes", "--driver-opt", options); err != nil {
		return report{}, err
	}
	if err := build(first, "first"); err != nil {
		return report{}, err
	}
	for turn := range turns {
		if err := build(again, fmt.Sprint("again", turn), "--no-cache"); err != nil {
			return report{}, err
		}
		if err := build(cached, fmt.Sprint("cached", turn)); err != nil {
			return report{}, err
		}
	}
	if err := call(ctx, "rm", "bench"); err != nil {
		return report{}, err
	}
	return report{
		title: "the same, and buildx with its kubernetes driver",
		rows:  []*row{ours, first, again, cached},
		bars: []bar{
			ratio("the same / buildx, first build", ours, first, 0),
			ratio("the same / buildx whose daemon runs, --no-cache", ours, again, 0),
			ratio("the same / buildx whose daemon runs, all cached", ours, cached, 0),
		},
	}, nil
}

// publishBuildKit makes an image of buildx's daemon, with the runc of our builder image and the cluster's certificates.
func (b *bench) publishBuildKit(ctx context.Context) (string, error) {
	files := map[string]string{"usr/bin/runc": filepath.Join(b.Bin, "runc"), "etc/ssl/certs/ca-certificates.crt": b.CABundle}
	for _, command := range []string{"buildkitd", "buildctl"} {
		path, err := b.peer(ctx, "buildx", command)
		if err != nil {
			return "", err
		}
		files["usr/bin/"+command] = path
	}
	return b.publish(ctx, peerImage{
		name: "bench/buildkit:1", base: "busybox:1", files: files,
		config: v1.Config{
			Entrypoint: []string{"/usr/bin/buildkitd"}, Env: []string{"PATH=/usr/bin:/bin"},
			Volumes: map[string]struct{}{"/var/lib/buildkit": {}},
		},
	})
}
