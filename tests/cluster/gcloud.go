package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/layers"
)

// ErrNoGcloud means that PushGcloudImage can't make its image.
var ErrNoGcloud = errors.New("this machine has no Google Cloud CLI")

// PushGcloudImage pushes a builder image with this machine's Google Cloud CLI and returns its reference. The image is large, so only the test
// that needs it makes it.
func (c *Cluster) PushGcloudImage(ctx context.Context) (string, error) {
	tool, err := exec.LookPath("gcloud")
	if err != nil {
		return "", ErrNoGcloud
	}
	if tool, err = filepath.EvalSymlinks(tool); err != nil {
		return "", fmt.Errorf("find the Google Cloud CLI: %w", err)
	}
	p, err := newPaths(Options{Instance: c.Instance})
	if err != nil {
		return "", err
	}
	unlock, err := lock(ctx, p.cache)
	if err != nil {
		return "", err
	}
	defer unlock()
	builder, err := p.readDockerfile()
	if err != nil {
		return "", err
	}
	assembled, err := layers.Builder(ctx, p.root, c.Bin, "", builder.Packages())
	if err != nil {
		return "", err
	}
	registry, err := newPusher(c)
	if err != nil {
		return "", err
	}
	sdk := filepath.Dir(filepath.Dir(tool))
	config := builder.Config("builder")
	config.Env = append(config.Env, "CLOUDSDK_PYTHON=/usr/lib/google-cloud-sdk/platform/bundledpythonunix/bin/python3")
	made := image{name: gcloudName, layers: []layers.Layer{assembled, p.trust(), layers.Gcloud(sdk)}, config: config}
	ref := c.Registry + "/" + gcloudName
	if registry.has(ctx, p.cache, made) {
		return ref, nil
	}
	if err := registry.push(ctx, p.cache, made); err != nil {
		return "", fmt.Errorf("push %s: %w", gcloudName, err)
	}
	return ref, p.forget(ctx, c, ref)
}
