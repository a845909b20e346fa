package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/containerd/containerd/v2/core/images"
	imagearchive "github.com/containerd/containerd/v2/core/images/archive"
	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
)

func newSave(g *global) *cobra.Command {
	output, format := "", ""
	cmd := &cobra.Command{
		Use: "save [OPTIONS] NAME[:TAG]", Short: "Write an image to an archive", Args: cobra.ExactArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			to, closeFile, err := create(output)
			if err != nil {
				return err
			}
			return errors.Join(g.withImage(ctx, args[0], func(e *engine.Engine, image images.Image) error {
				options := []imagearchive.ExportOpt{imagearchive.WithImages([]images.Image{image}), imagearchive.WithPlatform(platforms.Default())}
				switch format {
				case "docker": // an archive that is OCI's as well
				case "oci":
					options = append(options, imagearchive.WithSkipDockerManifest())
				default:
					return fmt.Errorf("unknown format %q: want docker or oci", format)
				}
				return imagearchive.Export(ctx, e.Content(), to, options...)
			}), closeFile())
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file (default: stdout)")
	cmd.Flags().StringVar(&format, "format", "docker", "docker or oci")
	return cmd
}

func create(path string) (io.Writer, func() error, error) {
	if path == "" {
		return os.Stdout, func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	return file, file.Close, nil
}

func newLoad(g *global) *cobra.Command {
	input := ""
	cmd := &cobra.Command{
		Use: "load [OPTIONS]", Short: "Read images from an archive", Args: cobra.NoArgs,
		RunE: inEngine(g, func(ctx context.Context, _ []string) error {
			from := os.Stdin
			if input != "" {
				file, err := os.Open(input)
				if err != nil {
					return err
				}
				defer file.Close()
				from = file
			}
			return g.with(ctx, func(e *engine.Engine) error {
				names, err := e.Load(ctx, from)
				for _, name := range names {
					fmt.Println("Loaded " + name) //nolint:forbidigo // the result
				}
				return err
			})
		}),
	}
	cmd.Flags().StringVarP(&input, "input", "i", "", "read this file (default: stdin)")
	return cmd
}

func newUnpack(g *global) *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use: "unpack [OPTIONS] NAME[:TAG]", Short: "Write an image's files to a directory", Args: cobra.ExactArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			if err := os.Mkdir(output, 0o755); err != nil {
				return err
			}
			return g.withImage(ctx, args[0], func(e *engine.Engine, image images.Image) error {
				manifest, err := images.Manifest(ctx, e.Content(), image.Target, platforms.Default())
				for _, layer := range manifest.Layers {
					err = errors.Join(err, unpack(ctx, e, layer, output))
				}
				return err
			})
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "rootfs", "directory to make")
	return cmd
}

func unpack(ctx context.Context, e *engine.Engine, layer ocispecs.Descriptor, dir string) error {
	blob, err := e.Content().ReaderAt(ctx, layer)
	if err != nil {
		return err
	}
	defer blob.Close()
	files, err := compression.DecompressStream(content.NewReader(blob))
	if err != nil {
		return err
	}
	_, err = archive.Apply(ctx, dir, files)
	return errors.Join(err, files.Close())
}
