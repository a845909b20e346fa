package build

import (
	"context"
	"errors"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// tagLook is what the registry shows of one tag after the push.
type tagLook struct {
	tag       Tag
	image     *registryauth.Manifest // the image of the digest, or of the tag if there is no digest; nil if that is not known
	overtaken string                 // what the tag names, if another build has pushed it
	err       error                  // a *differsError, ErrNotThere, or why the registry was not asked
}

// differsError is another digest than the pod reports.
type differsError struct{ found string }

func (e *differsError) Error() string { return "the registry has " + e.found }

// look asks the registry for a tag until that names the digest, or anything if digest is empty, or is known to have been overtaken. It gives up where the
// registry can't be asked, and asks again where it is only busy.
func (r *run) look(ctx context.Context, tag Tag, digest string) (last tagLook) {
	last.tag = tag
	limited, cancel := context.WithTimeoutCause(ctx, r.confirming.limit, explain.ErrTimedOut)
	defer cancel()
	before, known := r.login.before(tag)
	for pause := r.confirming.pause; ; pause *= 2 {
		now, err := r.login.facts().Logins.Look(limited, tag.Reference, digest, r.IIDFile != "" || r.MetadataFile != "", r.Trust)
		named := now.Tagged.String()
		switch {
		case err == nil && (digest == "" || digest == named):
			return tagLook{tag: tag, image: now.Image}
		case err == nil && (now.Image == nil || known && (named == before || digest == before)):
			last = tagLook{tag: tag, err: &differsError{named}}
		case err == nil:
			last = tagLook{tag: tag, image: now.Image, overtaken: named}
			if known { // no copy of the registry that is late: the tag has moved
				return r.unlessOlder(ctx, last, digest)
			}
		case errors.Is(err, registryauth.ErrNotThere):
			last = tagLook{tag: tag, err: err}
		case !last.answered(): // otherwise, what the registry has shown before counts
			last.err = err
			if !registryauth.IsBusy(err) {
				return last
			}
		}
		select {
		case <-time.After(pause):
		case <-limited.Done():
			return r.unlessOlder(ctx, last, digest)
		}
	}
}

// answered reports whether the registry has shown something.
func (l tagLook) answered() bool {
	return l.image != nil || errors.As(l.err, new(*differsError)) || errors.Is(l.err, registryauth.ErrNotThere)
}

// unlessOlder takes the digest of an overtaken tag for a lie if another tag has that name: it is an older image then.
func (r *run) unlessOlder(ctx context.Context, l tagLook, digest string) tagLook {
	if l.overtaken == "" {
		return l
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.confirming.limit, explain.ErrTimedOut)
	defer cancel()
	var own []string
	for _, tag := range r.Tags {
		own = append(own, tag.Reference)
	}
	other, err := r.login.facts().Logins.OtherName(ctx, l.tag.Reference, digest, own, r.Trust)
	if err != nil {
		r.Log.Debugf("the other tags of %s are not known: %v", l.tag.Repository, err)
	}
	if other == "" {
		return l
	}
	return tagLook{tag: l.tag, err: &differsError{l.overtaken + ", and this digest under tag " + other}}
}

// lookBefore notes what the tags name before the build.
func (r *run) lookBefore(ctx context.Context) {
	if !r.Build.Push {
		return
	}
	for _, tag := range r.Tags {
		found, err := r.login.logins.Look(ctx, tag.Reference, "", false, r.Trust)
		switch {
		case err == nil:
			r.login.note(tag, found.Tagged.String())
		case errors.Is(err, registryauth.ErrNotThere):
			r.login.note(tag, "")
		}
	}
}
