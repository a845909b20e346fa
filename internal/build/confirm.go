package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

const (
	// confirmLimit bounds the requests that ask the registry for the digest.
	confirmLimit = 10 * time.Second
	// confirmPause is the first pause before the registry is asked again: a replica of it may not have the image yet.
	confirmPause = time.Second
)

// confirm compares the digest that the pod reports with the registry's, where the registry answers this client. A builder pod that something has taken over
// can report any digest, and others would deploy it.
func (r *run) confirm(ctx context.Context, result session.Result) (session.Result, error) {
	if !r.Build.Push {
		return result, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, confirmLimit, explain.ErrTimedOut)
	defer cancel()
	for pause := confirmPause; ; pause *= 2 {
		found, err := r.login.facts().Logins.Pushed(ctx, r.Tags[0].Reference, r.IIDFile != "" || r.MetadataFile != "", r.Trust)
		isDifferent := errors.Is(err, registryauth.ErrNotThere)
		switch {
		case err == nil && (result.Digest == "" || result.Digest == found.Digest.String()):
			result.Digest, result.Size, result.MediaType = found.Digest.String(), found.Size, string(found.MediaType)
			result.Config = cmp.Or(found.Config, result.Config)
			return result, nil
		case err == nil && r.isNew(ctx, result.Digest):
			r.Log.Warnf("%s is %s by now: another build has pushed it", r.Tags[0].Reference, found.Digest)
			return result, nil
		case err == nil:
			err, isDifferent = fmt.Errorf("the registry has %s", found.Digest), true
		}
		switch {
		case !isDifferent && result.Digest == "":
			return result, fmt.Errorf("the image was pushed, but neither the engine nor the registry names its digest: %w", err)
		case !isDifferent:
			r.Log.Debugf("the digest is not compared with the registry's: %v", err)
			return result, nil
		}
		select {
		case <-time.After(pause):
			continue
		case <-ctx.Done():
		}
		return result, cli.WithHint(fmt.Errorf("the builder pod reports digest %q for %s: %w", result.Digest, r.Tags[0].Reference, err),
			"if nothing else pushes this tag, do not trust the image, and keep the pod of the next build with --keep")
	}
}

// isNew reports whether the registry has an image of this digest that was made since the pod was created. If so, it is no older image that a pod gives
// out for its own. Several builds can push one tag at the same time.
func (r *run) isNew(ctx context.Context, digest string) bool {
	created, err := r.login.facts().Logins.Created(ctx, r.Tags[0].Reference, digest, r.Trust)
	return err == nil && !r.since.IsZero() && !created.Before(r.since)
}
