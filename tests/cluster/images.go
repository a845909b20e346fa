package cluster

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/dockerfile"
	"github.com/kubectl-img/kubectl-img/tests/cluster/layers"
)

// image is an image of the open registry: repository and tag, content and configuration.
type image struct {
	name   string
	layers []layers.Layer
	config v1.Config
}

// Names of the images, below the open registry.
const (
	builderName = "kubectl-img/builder:test"
	gcrName     = "kubectl-img/builder:gcr"
	gcloudName  = "kubectl-img/builder:gcloud"
	legacyName  = "kubectl-img/legacy-builder:test"
	// legacySetuidName has Debian's set-user-ID newuidmap, with which it can't build: tests expect an error.
	legacySetuidName = "kubectl-img/legacy-builder:setuid"
)

func (p paths) images(ctx context.Context, c *Cluster, builder dockerfile.File) ([]image, error) {
	busybox, debian := layers.Busybox(), layers.Debian("debian")
	system := "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	golang, err := layers.Golang(ctx)
	if err != nil {
		return nil, err
	}
	apps, err := layers.Apps(ctx)
	if err != nil {
		return nil, err
	}
	assembled, err := layers.Builder(ctx, p.root, c.Bin, builder.Packages())
	if err != nil {
		return nil, err
	}
	legacy := v1.Config{User: "1000", WorkingDir: "/home/user", Env: []string{
		system, "HOME=/home/user", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000",
	}}
	return []image{
		{"pause:1", []layers.Layer{busybox}, v1.Config{Entrypoint: []string{"/bin/sleep", "2147483647"}}},
		{"busybox:1", []layers.Layer{busybox}, v1.Config{Cmd: []string{"sh"}, Env: []string{system}}},
		{builderName, []layers.Layer{assembled, p.trust()}, builder.Config("builder")},
		{gcrName, []layers.Layer{assembled, p.trust(), layers.GCR(c.Bin)}, builder.Config("gcr")},
		{"debian:12", []layers.Layer{debian}, v1.Config{Cmd: []string{"bash"}, Env: []string{system}}},
		{"golang:1.26", []layers.Layer{debian, golang}, v1.Config{
			Cmd:        []string{"bash"},
			WorkingDir: "/go",
			Env: []string{
				"PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"GOROOT=/usr/local/go", "GOPATH=/go", "GOTOOLCHAIN=local",
			},
		}},
		{"apps:12", apps, v1.Config{Cmd: []string{"bash"}, Env: []string{system}}},
		{legacyName, append(layers.Legacy(p.cache, c.Bin, true), p.trust()), legacy},
		{legacySetuidName, append(layers.Legacy(p.cache, c.Bin, false), p.trust()), legacy},
	}, nil
}

// trust makes an image trust the cluster's registries. Only test images get it.
func (p paths) trust() layers.Layer { return layers.Trust(p.in("pki", "ca-bundle.crt")) }
