package e2e_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// publishing makes a test wait for another one that compiles the same frontend.
var publishing sync.Mutex

// frontendImage makes an image of a program in tests/hostile, for a # syntax= line, and pushes it to the open registry.
func frontendImage(t *testing.T, frontend string) string {
	t.Helper()
	publishing.Lock()
	defer publishing.Unlock()
	ref := shared.Registry + "/e2e/" + frontend + ":1"
	binary := filepath.Join(shared.Temp, frontend)
	if _, err := os.Stat(binary); err == nil {
		return ref
	}
	if err := program.Compile(t.Context(), ".", "../hostile/"+frontend, binary, "-trimpath", "-ldflags", "-s -w"); err != nil {
		t.Fatal(err)
	}
	image, err := programImage(binary)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithContext(t.Context()), remote.WithTransport(shared.Registries)); err != nil {
		t.Fatal(err)
	}
	return ref
}

// programImage is an image with a static program only, which is what the image runs.
func programImage(binary string) (v1.Image, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	if err := w.WriteHeader(&tar.Header{Name: "frontend", Mode: 0o755, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config = v1.Config{Entrypoint: []string{"/frontend"}, Labels: map[string]string{
		"moby.buildkit.frontend.caps": "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts",
	}}
	return mutate.ConfigFile(image, config)
}
