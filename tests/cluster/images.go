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
	arch   string // if it is not this machine's
	other  *image // the same for the architecture of another node
}

const systemPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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
	debian := layers.Debian("debian")
	golang, err := layers.Golang(ctx)
	if err != nil {
		return nil, err
	}
	apps, err := layers.Apps(ctx)
	if err != nil {
		return nil, err
	}
	assembled, err := layers.Builder(ctx, p.root, c.Bin, "", builder.Packages())
	if err != nil {
		return nil, err
	}
	legacy := v1.Config{User: "1000", WorkingDir: "/home/user", Env: []string{
		systemPath, "HOME=/home/user", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000",
	}}
	return append(smallImages(layers.Busybox("")), []image{
		{name: builderName, layers: []layers.Layer{assembled, p.trust()}, config: builder.Config("builder")},
		{name: gcrName, layers: []layers.Layer{assembled, p.trust(), layers.GCR(c.Bin)}, config: builder.Config("gcr")},
		{name: "debian:12", layers: []layers.Layer{debian}, config: v1.Config{Cmd: []string{"bash"}, Env: []string{systemPath}}},
		{name: "golang:1.26", layers: []layers.Layer{debian, golang}, config: v1.Config{
			Cmd:        []string{"bash"},
			WorkingDir: "/go",
			Env: []string{
				"PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"GOROOT=/usr/local/go", "GOPATH=/go", "GOTOOLCHAIN=local",
			},
		}},
		{name: "apps:12", layers: apps, config: v1.Config{Cmd: []string{"bash"}, Env: []string{systemPath}}},
		{name: legacyName, layers: append(layers.Legacy(p.cache, c.Bin, true), p.trust()), config: legacy},
		{name: legacySetuidName, layers: append(layers.Legacy(p.cache, c.Bin, false), p.trust()), config: legacy},
	}...), nil
}

// trust makes an image trust the cluster's registries. Only test images get it.
func (p paths) trust() layers.Layer { return layers.Trust(p.in("pki", "ca-bundle.crt")) }

// smallImages have busybox only.
func smallImages(busybox layers.Layer) []image {
	return []image{
		{name: "pause:1", layers: []layers.Layer{busybox}, config: v1.Config{Entrypoint: []string{"/bin/sleep", "2147483647"}}},
		{name: "busybox:1", layers: []layers.Layer{busybox}, config: v1.Config{Cmd: []string{"sh"}, Env: []string{systemPath}}},
	}
}
