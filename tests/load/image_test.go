package load_test

import (
	"archive/tar"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

// eachFile calls each with every regular file of an image. An error fails the test, but does not end it.
func eachFile(t *testing.T, digest string, each func(name string, content io.Reader) error) {
	t.Helper()
	image, err := shared.Image(t.Context(), digest)
	if err != nil {
		t.Error(err)
		return
	}
	files := mutate.Extract(image)
	defer files.Close()
	if err := archive.Each(files, func(header *tar.Header, content io.Reader) error {
		if header.Typeflag != tar.TypeReg {
			return nil
		}
		if err := each(header.Name, content); err != nil {
			t.Errorf("%s: %v", header.Name, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
