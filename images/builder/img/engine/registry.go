package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/grpchijack"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/progress"
	"github.com/moby/buildkit/util/push"
	"github.com/moby/buildkit/util/resolver"
	"github.com/opencontainers/go-digest"
)

// Session opens a session over which the engine asks for logins. end closes it.
func (e *Engine) Session(ctx context.Context, offers ...session.Attachable) (id string, end func() error, err error) {
	s, err := session.NewSession(ctx, identity.NewID())
	if err != nil {
		return "", nil, err
	}
	for _, offer := range offers {
		s.Allow(offer)
	}
	go func() { _ = s.Run(ctx, grpchijack.Dialer(e.ControlClient())) }()
	return s.ID(), s.Close, nil
}

// Push pushes the image of this name.
func (e *Engine) Push(ctx context.Context, session, name string, insecure bool) (digest.Digest, error) {
	image, err := e.Images().Get(ctx, name)
	if err != nil {
		return "", notFound(name, err)
	}
	store := e.Content()
	ctx, end := printLogs(ctx)
	defer end()
	err = push.Push(ctx, e.sessions, session, store, store, image.Target.Digest, name, insecure, e.worker.RegistryHosts, false, nil)
	return image.Target.Digest, err
}

// printLogs prints what BuildKit logs under the context, for example that it tries a registry again. end waits until all is printed.
func printLogs(ctx context.Context) (_ context.Context, end func()) {
	reader, ctx, cancel := progress.NewContext(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			updates, err := reader.Read(context.WithoutCancel(ctx))
			for _, update := range updates {
				if log, ok := update.Sys.(client.VertexLog); ok { // nothing has failed yet
					_, _ = os.Stderr.Write(bytes.TrimPrefix(log.Data, []byte("error: ")))
				}
			}
			if err != nil || len(updates) == 0 {
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// Pull fetches an image, for one platform if it has several, and names it.
func (e *Engine) Pull(ctx context.Context, id, name, platform string) (_ digest.Digest, err error) {
	matcher := platforms.Default()
	if platform != "" {
		p, err := platforms.Parse(platform)
		if err != nil {
			return "", err
		}
		matcher = platforms.Only(p)
	}
	ctx, release, err := leaseutil.WithLease(ctx, e.worker.LeaseManager(), leaseutil.MakeTemporary)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	registry := resolver.DefaultPool.GetResolver(e.worker.RegistryHosts, name, resolver.ScopeType{}, e.sessions, session.NewGroup(id))
	_, target, err := registry.Resolve(ctx, name)
	if err != nil {
		return "", err
	}
	fetcher, err := registry.Fetcher(ctx, name)
	if err != nil {
		return "", err
	}
	store := e.Content()
	children := images.SetChildrenLabels(store, images.FilterPlatforms(images.ChildrenHandler(store), matcher))
	if err := images.Dispatch(ctx, images.Handlers(remotes.FetchHandler(store, fetcher), children), nil, target); err != nil {
		return "", err
	}
	return target.Digest, e.Name(ctx, images.Image{Name: name, Target: target})
}

// Name gives an image a name, which another image may have had.
func (e *Engine) Name(ctx context.Context, image images.Image) error {
	_, err := e.Images().Create(ctx, image)
	if errors.Is(err, cerrdefs.ErrAlreadyExists) {
		_, err = e.Images().Update(ctx, image)
	}
	return err
}

// DropContexts removes the copies of earlier build contexts: no later build takes one for its own.
func (e *Engine) DropContexts(ctx context.Context) error {
	return e.Prune(ctx, nil, client.WithFilter([]string{"type==" + string(client.UsageRecordTypeLocalSource)}))
}

func notFound(name string, err error) error {
	if errors.Is(err, cerrdefs.ErrNotFound) {
		return fmt.Errorf("no image is called %s", name)
	}
	return err
}
