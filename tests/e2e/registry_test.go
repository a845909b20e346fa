package e2e_test

import (
	"archive/tar"
	"errors"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// repository is one of a test's own in the open registry; namespaces have unique names.
func repository(ns string) string { return shared.Registry + "/e2e/" + ns }

// digestOf asks the registry.
func digestOf(t *testing.T, reference string) string {
	t.Helper()
	head, err := remote.Head(parse(t, reference), remote.WithContext(t.Context()), remote.WithTransport(registry))
	if err != nil {
		t.Fatal(err)
	}
	return head.Digest.String()
}

// isPushed tells whether the registry has the reference.
func isPushed(t *testing.T, reference string) bool {
	t.Helper()
	_, err := remote.Head(parse(t, reference), remote.WithContext(t.Context()), remote.WithTransport(registry))
	return err == nil
}

func pull(t *testing.T, reference string) v1.Image {
	t.Helper()
	image, err := remote.Image(parse(t, reference), remote.WithContext(t.Context()), remote.WithTransport(registry))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func parse(t *testing.T, reference string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func configOf(t *testing.T, image v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// onlyLayer is the listing of the one layer that a COPY into an empty image makes.
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

// filesOf is the listing of an image's final file system.
func filesOf(t *testing.T, image v1.Image) map[string]entry {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	return listing(t, files)
}

// fileIn is the content of a file in the image's final file system.
func fileIn(t *testing.T, image v1.Image, path string) string {
	t.Helper()
	files := mutate.Extract(image)
	defer files.Close()
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("the image has no %s", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == path {
			content, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
	}
}
