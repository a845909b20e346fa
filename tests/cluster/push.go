package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/dockerfile"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// pusher pushes to the open registry.
type pusher struct {
	registry  string
	transport http.RoundTripper
}

func newPusher(c *Cluster) (*pusher, error) {
	transport, err := c.Transport()
	if err != nil {
		return nil, err
	}
	return &pusher{registry: c.Registry, transport: transport}, nil
}

// publish pushes every image that the open registry does not have, and removes an older image of that name from the node.
func (p paths) publish(ctx context.Context, c *Cluster, builder dockerfile.File, log *progress) error {
	images, err := p.images(ctx, c, builder)
	if err != nil {
		return fmt.Errorf("describe images: %w", err)
	}
	others, err := p.foreignImages(ctx, builder)
	if err != nil {
		return fmt.Errorf("describe images for %s: %w", p.foreign.arch, err)
	}
	registry, err := newPusher(c)
	if err != nil {
		return err
	}
	c.BuilderImage, c.GCRImage, c.LegacyImage = c.Registry+"/"+builderName, c.Registry+"/"+gcrName, c.Registry+"/"+legacyName
	c.LegacySetuidImage = c.Registry + "/" + legacySetuidName
	for _, image := range images {
		ref := c.Registry + "/" + image.name
		if other, ok := others[image.name]; ok {
			image.other = &other
		}
		if registry.has(ctx, p.cache, image) {
			continue
		}
		if err := log.step("push "+image.name, func() error {
			if err := registry.push(ctx, p.cache, image); err != nil {
				return err
			}
			return p.forget(ctx, c, ref)
		}); err != nil {
			return err
		}
	}
	return nil
}

// forget removes an image from the node, which otherwise does not pull it again.
func (p paths) forget(ctx context.Context, c *Cluster, ref string) error {
	return program.Run(exec.CommandContext(ctx, c.Bin+"/ctr", "--address", p.in("containerd.sock"), "--namespace", "k8s.io", "images", "remove", "--sync", ref))
}

// Transport is for HTTP clients of the cluster's registries, whose certificates it trusts.
func (c *Cluster) Transport() (http.RoundTripper, error) {
	bundle, err := os.ReadFile(c.CABundle)
	if err != nil {
		return nil, fmt.Errorf("read trusted certificates: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	transport := remote.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the library documents this type
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	transport.Proxy = nil // the registries are on this machine
	return transport, nil
}

// digestFile is a file of the cache with the digest that the image had when it was pushed with these layers and this configuration.
func (i image) digestFile(dir string) (string, error) {
	config, err := json.Marshal(i.config)
	if err != nil {
		return "", err
	}
	key := cache.NewKey(i.architecture(), string(config))
	for _, layer := range i.layers {
		key.Text(layer.Name, layer.Key.String())
	}
	if i.other != nil {
		path, err := i.other.digestFile(dir)
		if err != nil {
			return "", err
		}
		key.Text(path)
	}
	return filepath.Join(dir, "digests", strings.NewReplacer("/", "-", ":", "-").Replace(i.name)+"-"+key.String()), nil
}

// has tells whether the registry has the image. It compares digests: somebody may have overwritten the tag.
func (p *pusher) has(ctx context.Context, dir string, i image) bool {
	path, err := i.digestFile(dir)
	if err != nil {
		return false
	}
	digest, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	tag, err := name.NewTag(p.registry + "/" + i.name)
	if err != nil {
		return false
	}
	head, err := remote.Head(tag, remote.WithContext(ctx), remote.WithTransport(p.transport))
	return err == nil && head.Digest.String() == string(digest)
}

func (p *pusher) push(ctx context.Context, dir string, i image) error {
	tag, err := name.NewTag(p.registry + "/" + i.name)
	if err != nil {
		return err
	}
	digest, err := p.write(ctx, dir, tag, i)
	if err != nil {
		return err
	}
	path, err := i.digestFile(dir)
	if err != nil {
		return err
	}
	return writeFile(path, []byte(digest.String()), 0o644)
}

// write pushes the image, or an index of it and of its variant for the other architecture.
func (p *pusher) write(ctx context.Context, dir string, tag name.Tag, i image) (v1.Hash, error) {
	built, err := i.build(ctx, dir)
	if err != nil {
		return v1.Hash{}, err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithTransport(p.transport)}
	if i.other == nil {
		if err := remote.Write(tag, built, options...); err != nil {
			return v1.Hash{}, err
		}
		return built.Digest()
	}
	other, err := i.other.build(ctx, dir)
	if err != nil {
		return v1.Hash{}, err
	}
	index := mutate.AppendManifests(empty.Index, addendum(built, i), addendum(other, *i.other))
	if err := remote.WriteIndex(tag, index, options...); err != nil {
		return v1.Hash{}, err
	}
	return index.Digest()
}

func addendum(built v1.Image, i image) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: built, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: i.architecture()}}}
}

func (i image) architecture() string { return cmp.Or(i.arch, runtime.GOARCH) }

func (i image) build(ctx context.Context, dir string) (v1.Image, error) {
	built := empty.Image
	for _, layer := range i.layers {
		path, err := layer.Make(ctx, dir)
		if err != nil {
			return nil, err
		}
		packed, err := tarball.LayerFromFile(path)
		if err != nil {
			return nil, fmt.Errorf("read layer %s: %w", layer.Name, err)
		}
		if built, err = mutate.AppendLayers(built, packed); err != nil {
			return nil, err
		}
	}
	file, err := built.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", i.architecture(), i.config
	return mutate.ConfigFile(built, file)
}
