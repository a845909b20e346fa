package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// image is a repository and tag, below the open registry, with what is in it.
type image struct {
	name   string
	layers []layer
	config v1.Config
}

// Names of the images, below the open registry.
const (
	builderName = "kubectl-img/builder:test"
	gcrName     = "kubectl-img/builder:gcr"
	gcloudName  = "kubectl-img/builder:gcloud"
	legacyName  = "kubectl-img/legacy-builder:test"
	// legacySetuidName has Debian's setuid newuidmap: a builder image that can't build, for tests of the message about it.
	legacySetuidName = "kubectl-img/legacy-builder:setuid"
)

func (p paths) images(ctx context.Context, c *Cluster, builder dockerfile) ([]image, error) {
	busybox, debian := busyboxLayer(), debianLayer("debian")
	system := "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	golang, err := golangLayer(ctx)
	if err != nil {
		return nil, err
	}
	apps, err := appsLayers(ctx)
	if err != nil {
		return nil, err
	}
	assembled, err := p.builderLayer(ctx, c.Bin, builder.packages())
	if err != nil {
		return nil, err
	}
	legacy := v1.Config{User: "1000", WorkingDir: "/home/user", Env: []string{
		system, "HOME=/home/user", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000",
	}}
	return []image{
		{"pause:1", []layer{busybox}, v1.Config{Entrypoint: []string{"/bin/sleep", "2147483647"}}},
		{"busybox:1", []layer{busybox}, v1.Config{Cmd: []string{"sh"}, Env: []string{system}}},
		{builderName, []layer{assembled, p.trustLayer()}, builder.config("builder")},
		{gcrName, []layer{assembled, p.trustLayer(), gcrLayer(c.Bin)}, builder.config("gcr")},
		{"debian:12", []layer{debian}, v1.Config{Cmd: []string{"bash"}, Env: []string{system}}},
		{"golang:1.26", []layer{debian, golang}, v1.Config{
			Cmd:        []string{"bash"},
			WorkingDir: "/go",
			Env: []string{
				"PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"GOROOT=/usr/local/go", "GOPATH=/go", "GOTOOLCHAIN=local",
			},
		}},
		{"apps:12", apps, v1.Config{Cmd: []string{"bash"}, Env: []string{system}}},
		{legacyName, p.legacyLayers(c.Bin, true), legacy},
		{legacySetuidName, p.legacyLayers(c.Bin, false), legacy},
	}, nil
}

// publish pushes every image that the open registry does not have, and makes the node forget an older one of the same name.
func (p paths) publish(ctx context.Context, c *Cluster, builder dockerfile, log *progress) error {
	images, err := p.images(ctx, c, builder)
	if err != nil {
		return fmt.Errorf("describe images: %w", err)
	}
	registry, err := newPusher(c)
	if err != nil {
		return err
	}
	c.BuilderImage, c.GCRImage, c.LegacyImage = c.Registry+"/"+builderName, c.Registry+"/"+gcrName, c.Registry+"/"+legacyName
	c.LegacySetuidImage, c.Images = c.Registry+"/"+legacySetuidName, nil
	for _, image := range images {
		ref := c.Registry + "/" + image.name
		if !slices.Contains([]string{builderName, gcrName, legacyName, legacySetuidName}, image.name) {
			c.Images = append(c.Images, ref)
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

// forget removes ref from the node, which would otherwise keep running what it pulled before.
func (p paths) forget(ctx context.Context, c *Cluster, ref string) error {
	return run(exec.CommandContext(ctx, c.Bin+"/ctr", "--address", p.in("containerd.sock"), "--namespace", "k8s.io", "images", "remove", "--sync", ref))
}
