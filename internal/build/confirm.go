package build

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// confirm compares the digest that the pod reports with what the registry has under every tag, where the registry answers this client. A builder pod that
// something has taken over can report any digest, and others would deploy it.
//
// The registry decides. A pod that can push can make a tag name any image, so a pod that lies is one that can't push: its digest is invented, or an older
// image's. It is an error if the repository does not have the digest; if the tag still names what it named before the build; and if the digest is an older
// image's: one that this tag named before the build, or that another tag names. Otherwise another build has pushed the tag since, which is only a warning. The time
// at which an image says that it was created decides nothing: it is old in a reproducible build, and in one that took every layer from the cache.
func (r *run) confirm(ctx context.Context, result session.Result) (session.Result, error) {
	if !r.Build.Push {
		return result, nil
	}
	first := r.look(ctx, r.Tags[0], result.Digest)
	if result.Digest == "" && first.image != nil {
		result.Digest = first.image.Digest.String()
	}
	all := append([]tagLook{first}, r.lookAtOthers(ctx, result.Digest)...)
	if ctx.Err() != nil {
		return result, context.Cause(ctx)
	}
	var unasked error
	for _, l := range all {
		var other *differsError
		if l.image != nil { // in place of what the pod says about it
			result = session.Result{Digest: l.image.Digest.String(), Size: l.image.Size, MediaType: string(l.image.MediaType), Config: l.image.Config}
		}
		switch {
		case errors.As(l.err, &other) || errors.Is(l.err, registryauth.ErrNotThere):
			return result, cli.WithHint(fmt.Errorf("the builder pod reports digest %q for %s: %w", result.Digest, l.tag.Reference, l.err),
				"if nothing else pushes this tag, do not trust the image, and keep the pod of the next build with --keep")
		case l.err != nil && unasked == nil:
			unasked = l.err
		case l.overtaken != "":
			r.Log.Warnf("%s is %s by now, and not %s: another build has pushed it; if none has, do not trust the digest", l.tag.Reference, l.overtaken, result.Digest)
		}
	}
	switch {
	case result.Digest == "":
		return result, fmt.Errorf("the image was pushed, but neither the engine nor the registry names its digest: %w", unasked)
	case unasked != nil && !registryauth.IsBusy(unasked): // the pod alone has the login, or the way to the registry
		r.Log.Debugf("the digest is not compared with the registry's: %v", unasked)
	case unasked != nil:
		r.Log.Warnf("the digest is the builder pod's word: the registry could not be asked: %v", unasked)
	}
	return result, nil
}

// lookAtOthers looks at all tags but the first, at the same time: they share one time limit.
func (r *run) lookAtOthers(ctx context.Context, digest string) []tagLook {
	if digest == "" {
		return nil
	}
	looks := make([]tagLook, len(r.Tags)-1)
	var all sync.WaitGroup
	for i, tag := range r.Tags[1:] {
		all.Go(func() { looks[i] = r.look(ctx, tag, digest) })
	}
	all.Wait()
	return looks
}
