package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// compareSmall builds and pushes the same image by the plugin and by hand.
func compareSmall(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	pod, err := b.handPod(ctx)
	if err != nil {
		return report{}, err
	}
	plugin, byHand := &row{name: "kubectl img build", unit: "s"}, &row{name: "by hand", unit: "s"}
	for turn := range turns {
		sides := []struct {
			row   *row
			build func(reference string) error
		}{
			{plugin, func(reference string) error { return b.buildByPlugin(ctx, reference) }},
			{byHand, func(reference string) error { return b.buildByHand(ctx, pod, reference) }},
		}
		for i, side := range sides {
			// A name of its own each time: what is in the registry afterwards was pushed by this build.
			reference := fmt.Sprintf("%s/%s:%d-%d", b.cluster.Registry, b.namespace, turn, i)
			took, err := b.timed(ctx, func() error { return side.build(reference) })
			if err == nil {
				err = b.checkPushed(ctx, reference)
			}
			if err != nil {
				return report{}, err
			}
			side.row.add(took)
		}
	}
	return report{
		title: "COPY and RUN on busybox, pushed",
		rows:  []*row{plugin, byHand},
		bar:   bar{name: "kubectl img build / by hand", value: plugin.median() / byHand.median(), limit: 1},
	}, nil
}

func (b *bench) smallContext() string { return filepath.Join(b.dir, "small") }

func (b *bench) makeSmallContext() error {
	dockerfile := "FROM " + b.cluster.Registry + "/busybox:1\nCOPY . /src\nRUN cat /src/greeting >/greeting\n"
	return errors.Join(
		os.MkdirAll(b.smallContext(), 0o755),
		os.WriteFile(filepath.Join(b.smallContext(), "Dockerfile"), []byte(dockerfile), 0o644),
		os.WriteFile(filepath.Join(b.smallContext(), "greeting"), []byte("hello\n"), 0o644),
	)
}

func (b *bench) buildByPlugin(ctx context.Context, reference string) error {
	line, err := b.kubectl(ctx, "img", "build", "-n", b.namespace, "-t", reference, b.smallContext())
	if err == nil && !strings.Contains(line, "@sha256:") {
		return fmt.Errorf("the plugin printed no digest but %q", line)
	}
	return err
}

// checkPushed makes sure that the registry has an image under the reference.
func (b *bench) checkPushed(ctx context.Context, reference string) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(b.cluster.CAFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	_, err = remote.Head(tag, remote.WithContext(ctx), remote.WithTransport(transport))
	return err
}
