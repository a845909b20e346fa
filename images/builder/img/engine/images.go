package engine

import (
	"context"
	"errors"
	"io"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/images/archive"
	"github.com/moby/buildkit/util/leaseutil"
)

// Image finds an image by its full name.
func (e *Engine) Image(ctx context.Context, name string) (images.Image, error) {
	image, err := e.Images().Get(ctx, name)
	return image, notFound(name, err)
}

// Load reads an archive of OCI's or docker's kind, and returns the names of the images in it.
func (e *Engine) Load(ctx context.Context, from io.Reader) (names []string, err error) {
	ctx, release, err := leaseutil.WithLease(ctx, e.worker.LeaseManager(), leaseutil.MakeTemporary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	store := e.Content()
	root, err := archive.ImportIndex(ctx, store, from, archive.WithImportCompression())
	if err != nil {
		return nil, err
	}
	children := images.SetChildrenLabels(store, images.ChildrenHandler(store))
	if err := images.Walk(ctx, children, root); err != nil {
		return nil, err
	}
	manifests, err := images.Children(ctx, store, root)
	if err != nil {
		return nil, err
	}
	for _, manifest := range manifests {
		name := manifest.Annotations[images.AnnotationImageName]
		if name == "" {
			continue
		}
		if err := e.Name(ctx, images.Image{Name: name, Target: manifest}); err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}
