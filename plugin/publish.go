package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/sys/atomicwriter"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// deliver brings back what was asked for and publishes the result.
func (b *build) deliver(ctx context.Context, s *session.Session, result session.Result) error {
	if b.Output != nil {
		b.phase.set("bring back the output")
		if err := b.fetch(ctx, s); err != nil {
			return err
		}
	}
	return b.publish(ctx, result)
}

// publish writes the files that were asked for and, of an image that was pushed, the digest line.
func (b *build) publish(ctx context.Context, result session.Result) error {
	if b.Build.Push && result.Digest == "" {
		digest, err := b.askRegistry(ctx)
		if err != nil {
			return fmt.Errorf("the image was pushed, but neither the engine nor the registry names its digest: %w", err)
		}
		result.Digest = digest
	}
	files := []struct{ path, content string }{
		{b.IIDFile, result.Config}, {b.DigestFile, result.Digest}, {b.MetadataFile, b.metadata(result)},
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		if err := atomicwriter.WriteFile(f.path, []byte(f.content), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	if b.Build.Push && !(b.Output != nil && b.Output.Stdout) {
		_, err := fmt.Fprintf(b.streams.Out, "%s@%s\n", b.Tags[0].Repository, result.Digest)
		return err
	}
	return nil
}

// askRegistry returns the digest that the first tag has in its registry, with the user's own credentials.
func (b *build) askRegistry(ctx context.Context) (string, error) {
	tag, err := name.NewTag(b.Tags[0].Reference)
	if err != nil {
		return "", err
	}
	found, err := remote.Head(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithTransport(b.Trust.Transport(ctx, b.Tags[0].Registry)))
	if err != nil {
		return "", err
	}
	return found.Digest.String(), nil
}

// metadata is what buildx writes of an image, under its keys.
func (b *build) metadata(r session.Result) string {
	values := map[string]any{}
	put := func(key, value string) {
		if value != "" {
			values[key] = value
		}
	}
	put("image.name", strings.Join(b.Build.Tags, ","))
	put("kubectl-img.profile", string(b.rung.Profile))
	put("containerimage.digest", r.Digest)
	put("containerimage.config.digest", r.Config)
	if r.Digest != "" && r.Size > 0 {
		values["containerimage.descriptor"] = map[string]any{"mediaType": mediaType(r), "digest": r.Digest, "size": r.Size}
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil { // strings and a number can't fail
		panic(errors.Join(errors.New("encode metadata"), err))
	}
	return string(text) + "\n"
}

// mediaType is the manifest's own; one that names none is OCI's.
func mediaType(r session.Result) string {
	if r.MediaType != "" {
		return r.MediaType
	}
	return "application/vnd.oci.image.manifest.v1+json"
}
