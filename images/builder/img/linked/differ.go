package linked

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/continuity/fs"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// Differ writes layers: what one tree has and another one has not.
type Differ struct{ Store content.Store }

// Compare stores the layer that makes upper of lower.
func (d Differ) Compare(ctx context.Context, lower, upper []mount.Mount, opts ...diff.Opt) (_ ocispecs.Descriptor, err error) {
	config := diff.Config{MediaType: ocispecs.MediaTypeImageLayerGzip, Reference: "diff-" + upper[0].Source}
	for _, opt := range opts {
		if err := opt(&config); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	w, err := d.Store.Writer(ctx, content.WithRef(config.Reference), content.WithDescriptor(ocispecs.Descriptor{MediaType: config.MediaType}))
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := w.Truncate(0); err != nil {
		return ocispecs.Descriptor{}, err
	}
	compressed, err := compressor(w, config)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	uncompressed := digest.Canonical.Digester()
	err = writeLayer(ctx, io.MultiWriter(compressed, uncompressed.Hash()), lower, upper, config)
	if err = errors.Join(err, compressed.Close()); err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("write layer: %w", err)
	}
	return d.commit(ctx, w, config, uncompressed.Digest())
}

func compressor(w io.Writer, config diff.Config) (io.WriteCloser, error) {
	if config.Compressor != nil {
		return config.Compressor(w, config.MediaType)
	}
	switch config.MediaType {
	case ocispecs.MediaTypeImageLayer:
		return compression.CompressStream(w, compression.Uncompressed)
	case ocispecs.MediaTypeImageLayerGzip:
		return compression.CompressStream(w, compression.Gzip)
	case ocispecs.MediaTypeImageLayerZstd:
		return compression.CompressStream(w, compression.Zstd)
	}
	return nil, fmt.Errorf("layers of type %s: %w", config.MediaType, cerrdefs.ErrNotImplemented)
}

func (d Differ) commit(ctx context.Context, w content.Writer, config diff.Config, uncompressed digest.Digest) (ocispecs.Descriptor, error) {
	layer := w.Digest()
	all := map[string]string{labels.LabelUncompressed: uncompressed.String()}
	for key, value := range config.Labels {
		all[key] = value
	}
	if err := w.Commit(ctx, 0, layer, content.WithLabels(all)); err != nil && !errors.Is(err, cerrdefs.ErrAlreadyExists) {
		return ocispecs.Descriptor{}, err
	}
	info, err := d.Store.Info(ctx, layer)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	if info.Labels[labels.LabelUncompressed] == "" { // the layer was there before
		if info.Labels == nil {
			info.Labels = map[string]string{}
		}
		info.Labels[labels.LabelUncompressed] = uncompressed.String()
		if _, err := d.Store.Update(ctx, info, "labels."+labels.LabelUncompressed); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	return ocispecs.Descriptor{MediaType: config.MediaType, Size: info.Size, Digest: layer}, nil
}

func writeLayer(ctx context.Context, to io.Writer, lower, upper []mount.Mount, config diff.Config) error {
	root := upper[0].Source
	now, err := tree.OpenPath(root)
	if err != nil {
		return err
	}
	defer unix.Close(now)
	before := -1
	if len(lower) > 0 {
		if before, err = tree.OpenPath(lower[0].Source); err != nil {
			return err
		}
		defer unix.Close(before)
	}
	var opts []archive.ChangeWriterOpt
	if config.SourceDateEpoch != nil {
		opts = append(opts, archive.WithModTimeUpperBound(*config.SourceDateEpoch))
	}
	w := archive.NewChangeWriter(to, root, opts...)
	err = tree.Changes(before, now, func(kind tree.Kind, path string) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if kind == tree.Removed {
			return w.HandleChange(fs.ChangeKindDelete, path, nil, nil)
		}
		info, err := os.Lstat(filepath.Join(root, path))
		if err != nil {
			return err
		}
		if kind == tree.Added {
			return w.HandleChange(fs.ChangeKindAdd, path, info, nil)
		}
		return w.HandleChange(fs.ChangeKindModify, path, info, nil)
	})
	return errors.Join(err, w.Close())
}
