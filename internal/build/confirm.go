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
	// confirmLimit bounds the requests that ask the registry for the digest, and the one that asks when an image was created.
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
	found, err := r.pushed(ctx, result.Digest)
	var other *differsError
	differs := errors.As(err, &other)
	switch {
	case err == nil:
		result.Digest, result.Size, result.MediaType = found.Digest.String(), found.Size, string(found.MediaType)
		result.Config = cmp.Or(found.Config, result.Config)
		return result, nil
	case differs && r.isNew(ctx, result.Digest):
		r.Log.Warnf("%s is %s by now: another build has pushed it", r.Tags[0].Reference, found.Digest)
		return result, nil
	case differs || errors.Is(err, registryauth.ErrNotThere):
		return result, cli.WithHint(fmt.Errorf("the builder pod reports digest %q for %s: %w", result.Digest, r.Tags[0].Reference, err),
			"if nothing else pushes this tag, do not trust the image, and keep the pod of the next build with --keep")
	case result.Digest == "":
		return result, fmt.Errorf("the image was pushed, but neither the engine nor the registry names its digest: %w", err)
	default:
		r.Log.Debugf("the digest is not compared with the registry's: %v", err)
		return result, nil
	}
}

// differsError is another digest than the pod reports.
type differsError struct{ found string }

func (e *differsError) Error() string { return "the registry has " + e.found }

// pushed asks the registry for the image until it has the digest, or any image if digest is empty. The error is a *differsError or ErrNotThere if the registry
// has shown something else, and not the digest until the time is over.
func (r *run) pushed(ctx context.Context, digest string) (found registryauth.Manifest, problem error) {
	ctx, cancel := context.WithTimeoutCause(ctx, confirmLimit, explain.ErrTimedOut)
	defer cancel()
	for pause := confirmPause; ; pause *= 2 {
		now, err := r.login.facts().Logins.Pushed(ctx, r.Tags[0].Reference, r.IIDFile != "" || r.MetadataFile != "", r.Trust)
		switch {
		case err == nil && (digest == "" || digest == now.Digest.String()):
			return now, nil
		case err == nil:
			found, problem = now, &differsError{now.Digest.String()}
		case errors.Is(err, registryauth.ErrNotThere):
			problem = err
		case problem == nil: // what the registry has shown before counts
			return found, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return found, problem
		}
	}
}

// isNew reports whether the registry has an image of this digest that was made since the pod was created. If so, it is no older image that a pod gives
// out for its own. Several builds can push one tag at the same time.
func (r *run) isNew(ctx context.Context, digest string) bool {
	ctx, cancel := context.WithTimeoutCause(ctx, confirmLimit, explain.ErrTimedOut)
	defer cancel()
	created, err := r.login.facts().Logins.Created(ctx, r.Tags[0].Reference, digest, r.Trust)
	return err == nil && !r.since.IsZero() && !created.Before(r.since)
}
