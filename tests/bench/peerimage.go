package main

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// peerImage is the image of another builder, made of programs that tools pins.
type peerImage struct {
	name   string            // below the open registry
	base   string            // an image of the open registry, or nothing
	files  map[string]string // files of this machine, by their names in the image
	config v1.Config
}

// peer compiles a program that tools/MODULE pins.
func (b *bench) peer(ctx context.Context, module, command string) (string, error) {
	return program.Tool(ctx, b.Root, module, command)
}

// publish pushes the image and returns its reference.
func (b *bench) publish(ctx context.Context, p peerImage) (string, error) {
	tag, err := name.NewTag(b.Registry + "/" + p.name)
	if err != nil {
		return "", err
	}
	image := empty.Image
	if p.base != "" {
		if image, err = b.Image(ctx, b.Registry+"/"+p.base); err != nil {
			return "", err
		}
	}
	file := filepath.Join(b.Temp, filepath.Base(p.name)+".tar")
	if err := pack(file, p.files); err != nil {
		return "", err
	}
	layer, err := tarball.LayerFromFile(file)
	if err != nil {
		return "", err
	}
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return "", err
	}
	if image, err = mutate.Config(image, p.config); err != nil {
		return "", err
	}
	if err := remote.Write(tag, image, remote.WithContext(ctx), remote.WithTransport(b.Registries)); err != nil {
		return "", err
	}
	// The node must not use an image of an earlier run.
	digest, err := image.Digest()
	return tag.Context().Digest(digest.String()).String(), err
}

// pack writes a tar archive of programs, by their names in it.
func pack(file string, files map[string]string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	w := tar.NewWriter(out)
	for to, from := range files {
		if err := packFile(w, to, from); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), out.Close())
}

func packFile(w *tar.Writer, to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: to, Typeflag: tar.TypeReg, Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// script runs a shell script with arguments and more variables.
func (b *bench) script(ctx context.Context, text string, env []string, args ...string) error {
	cmd := b.command(ctx, "sh", append([]string{"-c", text, "sh"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	return run(cmd)
}
