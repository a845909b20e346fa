package e2e_test

import (
	"archive/tar"
	"errors"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// repository is the test's own repository in the open registry: the names of namespaces are unique.
func repository(ns string) string { return shared.Registry + "/e2e/" + ns }

func digestOf(t *testing.T, reference string) string {
	t.Helper()
	return clustertest.Digest(t, shared, reference)
}

// isPushed tells whether the registry has the reference.
func isPushed(t *testing.T, reference string) bool {
	t.Helper()
	_, err := shared.Digest(t.Context(), reference)
	return err == nil
}

func pull(t *testing.T, reference string) v1.Image {
	t.Helper()
	return clustertest.Image(t, shared, reference)
}

func configOf(t *testing.T, image v1.Image) *v1.ConfigFile {
	t.Helper()
	return clustertest.ImageConfig(t, image)
}

// onlyLayer lists the only layer of an image, as a COPY without a base image makes it.
func onlyLayer(t *testing.T, image v1.Image) map[string]entry {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != 1 {
		t.Fatalf("%d layers, want one", len(layers))
	}
	return layerListing(t, layers[0])
}

func layerListing(t *testing.T, layer v1.Layer) map[string]entry {
	t.Helper()
	content, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	return listing(t, content)
}

// filesOf lists the file system of an image: all layers together.
func filesOf(t *testing.T, image v1.Image) map[string]entry {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	return listing(t, files)
}

// fileIn is the content of a file in the file system of an image.
func fileIn(t *testing.T, image v1.Image, path string) string {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	var found []byte
	stop := errors.New("the file was found")
	err := archive.Each(files, func(header *tar.Header, content io.Reader) (err error) {
		if header.Name != path {
			return nil
		}
		if found, err = io.ReadAll(content); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("read %s of the image: %v", path, err)
	}
	return string(found)
}
