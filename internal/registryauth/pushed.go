package registryauth

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// ErrNotThere says that a registry does not have an image.
var ErrNotThere = errors.New("the registry does not have it")

// Manifest is what a registry says about an image.
type Manifest struct {
	v1.Descriptor
	Config string // digest of the image's configuration; empty for an index, or if it was not asked for
}

// Look is what a registry shows of a tag, and of a digest in the tag's repository.
type Look struct {
	Tagged v1.Hash   // what the tag names
	Image  *Manifest // the image of the digest, or of the tag if no digest was asked for; nil if the repository does not have it
}

// Look asks the registry what ref names, a NAME:TAG, and whether its repository has digest, if that is not empty. With withConfig it reads the image's manifest,
// too: registries can count that as a pull. It uses the local login, if there is one: others are known to the pod only. It returns ErrNotThere only
// if the registry would show the tag to this client: to the login that pushes, or to everybody.
func (l Logins) Look(ctx context.Context, ref, digest string, withConfig bool, trust Trust) (found Look, err error) {
	err = l.ask(ctx, ref, trust, func(q question) error {
		head, err := remote.Head(q.tag, q.options...)
		switch {
		case isNotFound(err) && (q.pushes || isOpen(ctx, q.tag.Registry, q.requests)):
			return ErrNotThere
		case err != nil:
			return err
		}
		found.Tagged = head.Digest
		if digest == "" || digest == head.Digest.String() {
			found.Image = &Manifest{Descriptor: *head}
			if !withConfig {
				return nil
			}
			digest = head.Digest.String()
		}
		found.Image, err = manifestOf(q.tag.Digest(digest), withConfig, q.options...)
		if isNotFound(err) { // of a repository that this client sees
			found.Image, err = nil, nil
		}
		return err
	})
	return found, err
}

func isNotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// IsBusy reports whether err, of a registry that was asked, can be over soon: too many requests, an error of the server, or a time-out.
func IsBusy(err error) bool {
	var answer *transport.Error
	if errors.As(err, &answer) {
		return answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusRequestTimeout || answer.StatusCode >= http.StatusInternalServerError
	}
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// maxNames is how many tags of a repository are compared with a digest.
const maxNames = 200

// OtherName returns a tag of the repository of ref that names digest, and is none of own. It is empty if none of the
// first maxNames tags does.
func (l Logins) OtherName(ctx context.Context, ref, digest string, own []string, trust Trust) (other string, err error) {
	err = l.ask(ctx, ref, trust, func(q question) error {
		puller, err := remote.NewPuller(q.options...)
		if err != nil {
			return err
		}
		names, err := puller.List(ctx, q.tag.Repository)
		if err != nil {
			return err
		}
		for _, text := range names[:min(len(names), maxNames)] {
			tag := q.tag.Tag(text)
			if slices.ContainsFunc(own, func(own string) bool {
				parsed, err := name.NewTag(own)
				return err == nil && parsed.Name() == tag.Name()
			}) {
				continue
			}
			head, err := puller.Head(ctx, tag)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil && head.Digest.String() == digest:
				other = text
				return nil
			}
		}
		return nil
	})
	return other, err
}

// question is what it takes to ask a registry about an image.
type question struct {
	tag      name.Tag
	pushes   bool // the pod pushes with the login that asks
	requests http.RoundTripper
	options  []remote.Option
}

// ask calls do with the local login for the registry of ref.
func (l Logins) ask(ctx context.Context, ref string, trust Trust, do func(question) error) error {
	tag, err := name.NewTag(ref, name.WeakValidation)
	if err != nil {
		return err
	}
	host := canonicalHost(tag.RegistryStr())
	login, pushes, err := l.local(ctx, host)
	if err != nil {
		return err
	}
	requests := trust.Transport(ctx, host)
	defer (&http.Client{Transport: requests}).CloseIdleConnections()
	return do(question{tag, pushes, requests, []remote.Option{remote.WithContext(ctx), remote.WithAuth(login), remote.WithTransport(requests), once}})
}

// once keeps the library from repeating a request: it would not notice that the run ends.
var once = remote.WithRetryBackoff(remote.Backoff{Steps: 1})

// local returns the local login for a registry, if there is one, and whether the pod has the same one.
func (l Logins) local(ctx context.Context, host string) (login authn.Authenticator, pushes bool, err error) {
	if chosen, ok := l.Of(host); ok && chosen.Method == Local {
		return chosen.Credential.authenticator(), true, nil
	}
	credential, found, err := localLogin(ctx, authn.DefaultKeychain, host)
	if err != nil || !found {
		return authn.Anonymous, false, err
	}
	return credential.authenticator(), false, nil
}

func manifestOf(digest name.Digest, withConfig bool, options ...remote.Option) (*Manifest, error) {
	if !withConfig {
		head, err := remote.Head(digest, options...)
		if err != nil {
			return nil, err
		}
		return &Manifest{Descriptor: *head}, nil
	}
	whole, err := remote.Get(digest, options...)
	switch {
	case err != nil:
		return nil, err
	case !whole.MediaType.IsImage():
		return &Manifest{Descriptor: whole.Descriptor}, nil
	}
	parsed, err := v1.ParseManifest(bytes.NewReader(whole.Manifest))
	if err != nil {
		return nil, err
	}
	return &Manifest{whole.Descriptor, parsed.Config.Digest.String()}, nil
}

// isOpen reports whether a registry asks nobody for a login. Others may hide an image from those who have no right to it.
func isOpen(ctx context.Context, registry name.Registry, requests http.RoundTripper) bool {
	challenge, err := transport.Ping(ctx, registry, requests)
	return err == nil && challenge.Scheme == ""
}
