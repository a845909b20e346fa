package main

import (
	"compress/gzip"
	"context"
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const imageLimit = 38 // MB

// compareImage measures the builder image as a registry has it: compressed as docker and BuildKit do, without the layer of the tests' certificates.
func compareImage(ctx context.Context, b *bench, _ int) (report, error) {
	image, err := b.Image(ctx, b.BuilderImage)
	if err != nil {
		return report{}, err
	}
	layers, err := image.Layers()
	if err != nil {
		return report{}, err
	}
	if len(layers) < 2 {
		return report{}, errors.New("the builder image of the cluster has no layer of certificates")
	}
	size := &row{name: "builder image", unit: "MB"}
	total := counter{}
	for _, layer := range layers[:len(layers)-1] {
		if err := compress(&total, layer); err != nil {
			return report{}, err
		}
	}
	size.add(float64(total.total) / 1e6)
	return report{
		title: "size of the builder image, compressed",
		rows:  []*row{size},
		bars:  []bar{{name: "the builder image, compressed", unit: "MB", value: size.median(), limit: imageLimit}},
	}, nil
}

// compress writes a layer to w with gzip's default level. The cluster's own layers have the fastest level.
func compress(w io.Writer, layer v1.Layer) error {
	content, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer content.Close()
	zip := gzip.NewWriter(w)
	_, err = io.Copy(zip, content)
	return errors.Join(err, zip.Close())
}
