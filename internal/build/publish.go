package build

import (
	"context"
	"fmt"

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
