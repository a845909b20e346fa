package linked

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/continuity/fs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// Applier unpacks layers.
type Applier struct{ Store content.Provider }

// Apply unpacks a layer onto a tree.
func (a Applier) Apply(ctx context.Context, layer ocispecs.Descriptor, mounts []mount.Mount, opts ...diff.ApplyOpt) (_ ocispecs.Descriptor, err error) {
	config := diff.ApplyConfig{}
	for _, opt := range opts {
		if err := opt(ctx, layer, &config); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	blob, err := a.Store.ReaderAt(ctx, layer)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer blob.Close()
	stream := diff.NewProcessorChain(layer.MediaType, content.NewReader(blob))
	defer func() { err = errors.Join(err, stream.Close()) }()
	for stream.MediaType() != ocispecs.MediaTypeImageLayer {
		if stream, err = diff.GetProcessor(ctx, stream, config.ProcessorPayloads); err != nil {
			return ocispecs.Descriptor{}, fmt.Errorf("layer of type %s: %w", layer.MediaType, err)
		}
	}
	sum := digest.Canonical.Digester()
	files := &counter{from: io.TeeReader(stream, sum.Hash())}
	if err := Unpack(ctx, mounts[0].Source, files, nil); err != nil {
		return ocispecs.Descriptor{}, err
	}
	if _, err := io.Copy(io.Discard, files); err != nil {
		return ocispecs.Descriptor{}, err
	}
	return ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayer, Size: files.read, Digest: sum.Digest()}, nil
}

type counter struct {
	from io.Reader
	read int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += int64(n)
	return n, err
}

// Unpack applies a layer's files to a tree. It replaces files, and writes to none.
func Unpack(ctx context.Context, root string, files io.Reader, filter func(*tar.Header), opts ...archive.ApplyOpt) error {
	d := detacher{root: root, own: map[uint64]bool{}}
	opts = append([]archive.ApplyOpt{archive.WithFilter(func(h *tar.Header) (bool, error) {
		if filter != nil {
			filter(h)
		}
		return true, d.detach(h)
	})}, opts...)
	_, err := archive.Apply(ctx, root, files, opts...)
	return err
}

// detacher replaces files that a hard link in a layer leads to by copies, since such a link changes the attributes of the file.
type detacher struct {
	root string
	own  map[uint64]bool // files that no other tree has
}

func (d *detacher) detach(h *tar.Header) error {
	if h.Typeflag != tar.TypeLink {
		return nil
	}
	dir, name := filepath.Split(h.Linkname)
	dir, err := fs.RootPath(d.root, dir)
	if err != nil {
		return err
	}
	parent, err := tree.OpenPath(dir)
	if err != nil {
		return nil //nolint:nilerr // the archive package says what is wrong with the link
	}
	defer unix.Close(parent)
	info, err := tree.Stat(parent, name)
	if err != nil || info.IsDir() || d.own[info.Ino] {
		return nil //nolint:nilerr // the same
	}
	if info.Links > 1 {
		if info, err = tree.Detach(parent, name, info); err != nil {
			return err
		}
	}
	d.own[info.Ino] = true
	return nil
}
