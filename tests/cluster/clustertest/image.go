package clustertest

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// Image is what a registry of the cluster has under a reference.
func Image(t *testing.T, f *fixture.Fixture, reference string) v1.Image {
	t.Helper()
	image, err := f.Image(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// ImageConfig is the configuration of an image.
func ImageConfig(t *testing.T, image v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// Digest is that of the manifest which a registry of the cluster has under a reference.
func Digest(t *testing.T, f *fixture.Fixture, reference string) string {
	t.Helper()
	digest, err := f.Digest(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
