package engine

import (
	"context"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// Namespace is containerd's, under which all content is.
const Namespace = "buildkit"

// imageStore gives each call the namespace that content and leases have.
type imageStore struct{ store images.Store }

func named(ctx context.Context) context.Context { return namespaces.WithNamespace(ctx, Namespace) }

func (s imageStore) Get(ctx context.Context, name string) (images.Image, error) {
	return s.store.Get(named(ctx), name)
}

func (s imageStore) List(ctx context.Context, filters ...string) ([]images.Image, error) {
	return s.store.List(named(ctx), filters...)
}

func (s imageStore) Create(ctx context.Context, image images.Image) (images.Image, error) {
	return s.store.Create(named(ctx), image)
}

func (s imageStore) Update(ctx context.Context, image images.Image, fields ...string) (images.Image, error) {
	return s.store.Update(named(ctx), image, fields...)
}

func (s imageStore) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	return s.store.Delete(named(ctx), name, opts...)
}
