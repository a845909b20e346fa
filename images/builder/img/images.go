package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/docker/go-units"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
)

func newList(g *global) *cobra.Command {
	var filters []string
	cmd := &cobra.Command{
		Use: "ls [OPTIONS]", Short: "List images", Args: cobra.NoArgs,
		RunE: inEngine(g, func(ctx context.Context, _ []string) error {
			return g.with(ctx, func(e *engine.Engine) error { return list(ctx, e, filters) })
		}),
	}
	cmd.Flags().StringArrayVarP(&filters, "filter", "f", nil, "show only these, as name==NAME (repeatable)")
	return cmd
}

func list(ctx context.Context, e *engine.Engine, filters []string) error {
	all, err := e.Images().List(ctx, filters...)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 1, 8, 1, '\t', 0)
	_, _ = fmt.Fprintln(table, "NAME\tSIZE\tCREATED AT\tUPDATED AT\tDIGEST")
	for _, image := range all {
		size, err := image.Size(ctx, e.Content(), platforms.Default())
		if err != nil {
			size = image.Target.Size // of an index whose other platforms are not here
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", image.Name, units.BytesSize(float64(size)), age(image.CreatedAt), age(image.UpdatedAt), image.Target.Digest)
	}
	return table.Flush()
}

func age(t time.Time) string { return units.HumanDuration(time.Since(t)) + " ago" }

func newTag(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "tag NAME[:TAG] NEW[:TAG]", Short: "Give an image a further name", Args: cobra.ExactArgs(2),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			return g.withImage(ctx, args[0], func(e *engine.Engine, image images.Image) error {
				name, err := fullName(args[1])
				if err != nil {
					return err
				}
				return e.Name(ctx, images.Image{Name: name, Target: image.Target})
			})
		}),
	}
}

func newRemove(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME[:TAG]...", Short: "Remove images", Args: cobra.MinimumNArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			for _, name := range args {
				err := g.withImage(ctx, name, func(e *engine.Engine, image images.Image) error {
					return e.Images().Delete(ctx, image.Name, images.SynchronousDelete())
				})
				if err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

func newInspect(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "inspect NAME[:TAG]", Short: "Show an image's manifest and configuration as JSON", Args: cobra.ExactArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			return g.withImage(ctx, args[0], func(e *engine.Engine, image images.Image) error { return inspect(ctx, e, image) })
		}),
	}
}

func inspect(ctx context.Context, e *engine.Engine, image images.Image) error {
	manifest, err := images.Manifest(ctx, e.Content(), image.Target, platforms.Default())
	if err != nil {
		return err
	}
	text, err := content.ReadBlob(ctx, e.Content(), manifest.Config)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		Name     string
		Target   ocispecs.Descriptor
		Manifest ocispecs.Manifest
		Config   json.RawMessage
	}{image.Name, image.Target, manifest, text})
}

// withImage opens the state and finds an image in it.
func (g *global) withImage(ctx context.Context, name string, do func(*engine.Engine, images.Image) error) error {
	name, err := fullName(name)
	if err != nil {
		return err
	}
	return g.with(ctx, func(e *engine.Engine) error {
		image, err := e.Image(ctx, name)
		if err != nil {
			return err
		}
		return do(e, image)
	})
}
