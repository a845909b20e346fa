package build

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

// deliver fetches the output and publishes the result.
func (r *run) deliver(ctx context.Context, s *session.Session, result session.Result) error {
	if r.Output != nil {
		r.phase.set(phaseFetch)
		if err := r.fetch(ctx, s); err != nil {
			return err
		}
	}
	return r.publish(ctx, result)
}

// publish writes the files that were asked for and, for a pushed image, the digest line.
func (r *run) publish(ctx context.Context, result session.Result) error {
	if r.Build.Push && result.Digest == "" {
		digest, err := r.registryDigest(ctx)
		if err != nil {
			return fmt.Errorf("the image was pushed, but neither the engine nor the registry names its digest: %w", err)
		}
		result.Digest = digest
	}
	files := []struct{ path, content string }{
		{r.IIDFile, result.Config}, {r.DigestFile, result.Digest}, {r.MetadataFile, r.metadata(result)},
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		if err := atomicwriter.WriteFile(f.path, []byte(f.content), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	if r.Build.Push && !(r.Output != nil && r.Output.Stdout) {
		_, err := fmt.Fprintf(r.proc.Streams.Out, "%s@%s\n", r.Tags[0].Repository, result.Digest)
		return err
	}
	return nil
}

// registryDigest asks the registry for the digest of the first tag, with the user's own credentials.
func (r *run) registryDigest(ctx context.Context) (string, error) {
	tag, err := name.NewTag(r.Tags[0].Reference)
	if err != nil {
		return "", err
	}
	found, err := remote.Head(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithTransport(r.Trust.Transport(ctx, r.Tags[0].Registry)))
	if err != nil {
		return "", err
	}
	return found.Digest.String(), nil
}

// metadata returns what buildx writes about an image, under buildx's keys.
func (r *run) metadata(result session.Result) string {
	values := map[string]any{}
	put := func(key, value string) {
		if value != "" {
			values[key] = value
		}
	}
	put("image.name", strings.Join(r.Build.Tags, ","))
	put("kubectl-img.profile", string(r.current.Profile))
	put("containerimage.digest", result.Digest)
	put("containerimage.config.digest", result.Config)
	if result.Digest != "" && result.Size > 0 {
		values["containerimage.descriptor"] = map[string]any{"mediaType": mediaType(result), "digest": result.Digest, "size": result.Size}
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil { // strings and a number can't fail
		panic(errors.Join(errors.New("encode metadata"), err))
	}
	return string(text) + "\n"
}

// mediaType returns the media type that the manifest names. A manifest that names none is OCI's.
func mediaType(result session.Result) string {
	if result.MediaType != "" {
		return result.MediaType
	}
	return "application/vnd.oci.image.manifest.v1+json"
}
