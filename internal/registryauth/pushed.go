package registryauth

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

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

// Pushed asks the registry for the manifest that ref names, and for its content if withConfig is set: registries can count that as a pull. It uses the local
// login, if there is one: others are known to the pod only. It returns ErrNotThere only if the registry would show the image to this client.
func (l Logins) Pushed(ctx context.Context, ref string, withConfig bool, trust Trust) (found Manifest, err error) {
	err = l.ask(ctx, ref, trust, func(q question) (err error) {
		found, err = manifestOf(q.tag, withConfig, q.options...)
		var answer *transport.Error
		if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && (q.hasLogin || isOpen(ctx, q.tag.Registry, q.requests)) {
			return ErrNotThere
		}
		return err
	})
	return found, err
}

// Created asks the registry when the image of a digest was created, in the repository of ref.
func (l Logins) Created(ctx context.Context, ref, digest string, trust Trust) (created time.Time, err error) {
	err = l.ask(ctx, ref, trust, func(q question) error {
		image, err := remote.Image(q.tag.Digest(digest), q.options...)
		if err != nil {
			return err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return err
		}
		created = config.Created.Time
		return nil
	})
	return created, err
}

// question is what it takes to ask a registry about an image.
type question struct {
	tag      name.Tag
	hasLogin bool
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
	login, hasLogin, err := l.local(ctx, host)
	if err != nil {
		return err
	}
	requests := trust.Transport(ctx, host)
	defer (&http.Client{Transport: requests}).CloseIdleConnections()
	return do(question{tag, hasLogin, requests, []remote.Option{remote.WithContext(ctx), remote.WithAuth(login), remote.WithTransport(requests)}})
}

// local returns the local login for a registry, and whether there is one.
func (l Logins) local(ctx context.Context, host string) (login authn.Authenticator, found bool, err error) {
	chosen, ok := l.Of(host)
	credential, found := chosen.Credential, ok && chosen.Method == Local
	if !found {
		credential, found, err = localLogin(ctx, authn.DefaultKeychain, host)
	}
	if err != nil || !found {
		return authn.Anonymous, false, err
	}
	return credential.authenticator(), true, nil
}

func manifestOf(tag name.Tag, withConfig bool, options ...remote.Option) (Manifest, error) {
	if !withConfig {
		head, err := remote.Head(tag, options...)
		if err != nil {
			return Manifest{}, err
		}
		return Manifest{Descriptor: *head}, nil
	}
	whole, err := remote.Get(tag, options...)
	switch {
	case err != nil:
		return Manifest{}, err
	case !whole.MediaType.IsImage():
		return Manifest{Descriptor: whole.Descriptor}, nil
	}
	parsed, err := v1.ParseManifest(bytes.NewReader(whole.Manifest))
	if err != nil {
		return Manifest{}, err
	}
	return Manifest{whole.Descriptor, parsed.Config.Digest.String()}, nil
}

// isOpen reports whether a registry asks nobody for a login. Others may hide an image from those who have no right to it.
func isOpen(ctx context.Context, registry name.Registry, requests http.RoundTripper) bool {
	challenge, err := transport.Ping(ctx, registry, requests)
	return err == nil && challenge.Scheme == ""
}
