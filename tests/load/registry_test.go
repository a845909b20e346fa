package load_test

import (
	"archive/tar"
	"errors"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// inImage calls each with every regular file of an image; each error fails the test.
func inImage(t *testing.T, digest string, each func(name string, content io.Reader) error) {
	t.Helper()
	reference, err := name.NewDigest(digest)
	if err != nil {
		t.Error(err)
		return
	}
	image, err := remote.Image(reference, remote.WithContext(t.Context()), remote.WithTransport(registry))
	if err != nil {
		t.Error(err)
		return
	}
	files := mutate.Extract(image)
	defer files.Close()
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		if header.Typeflag == tar.TypeReg {
			if err := each(header.Name, archive); err != nil {
				t.Errorf("%s: %v", header.Name, err)
			}
		}
	}
}
