package registryauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// ErrNotThere says that a registry does not have an image.
var ErrNotThere = errors.New("the registry does not have it")

// Pushed asks the registry for the manifest that ref names. It uses the local login, if there is one: others are known to the pod only. It returns ErrNotThere only
// if the registry would show the image to this client.
func (l Logins) Pushed(ctx context.Context, ref string, trust Trust) (*v1.Descriptor, error) {
	tag, err := name.NewTag(ref, name.WeakValidation)
	if err != nil {
		return nil, err
	}
	host := canonicalHost(tag.RegistryStr())
	login := authn.Anonymous
	chosen, ok := l.Of(host)
	credential, found := chosen.Credential, ok && chosen.Method == Local
	if !found {
		credential, found, err = localLogin(ctx, authn.DefaultKeychain, host)
	}
	switch {
	case err != nil:
		return nil, err
	case found:
		login = credential.authenticator()
	}
	requests := trust.Transport(ctx, host)
	defer (&http.Client{Transport: requests}).CloseIdleConnections()
	manifest, err := remote.Head(tag, remote.WithContext(ctx), remote.WithAuth(login), remote.WithTransport(requests))
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && (found || isOpen(ctx, tag.Registry, requests)) {
		return nil, ErrNotThere
	}
	return manifest, err
}

// isOpen reports whether a registry asks nobody for a login. Others may hide an image from those who have no right to it.
func isOpen(ctx context.Context, registry name.Registry, requests http.RoundTripper) bool {
	challenge, err := transport.Ping(ctx, registry, requests)
	return err == nil && challenge.Scheme == ""
}
