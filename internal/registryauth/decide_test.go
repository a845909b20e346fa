package registryauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
)

const password = "correct-horse-battery"

// userKeychain has a login or an error for some registries.
type userKeychain map[string]any

func (k userKeychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	switch found := k[r.RegistryStr()].(type) {
	case authn.AuthConfig:
		return authn.FromConfig(found), nil
	case error:
		return nil, found
	default:
		return authn.Anonymous, nil
	}
}

func keychain() userKeychain {
	return userKeychain{
		"ghcr.io":         authn.AuthConfig{Username: "bob", Password: password},
		"index.docker.io": authn.AuthConfig{IdentityToken: password},
		"token.example":   authn.AuthConfig{RegistryToken: password},
		"broken.example":  fmt.Errorf("error getting credentials - err: exit status 1, out: `%s`", password),
		"eu.gcr.io":       authn.AuthConfig{Username: "_json_key", Password: password},
	}
}

func TestDecide(t *testing.T) {
	const artifactRegistry, containerRegistry = "europe-west1-docker.pkg.dev", "gcr.io"
	for name, c := range map[string]struct {
		push, pull     []string
		rules          []string
		serviceAccount string
		want           map[string]Method
		err            any
	}{
		"auto": {
			push: []string{"ghcr.io"}, pull: []string{"docker.io", "quay.io"},
			want: map[string]Method{"ghcr.io": Local, "docker.io": Local, "quay.io": none},
		},
		"auto on Google Cloud": {
			push: []string{artifactRegistry}, pull: []string{containerRegistry, "quay.io"}, serviceAccount: "builder",
			want: map[string]Method{artifactRegistry: "google", containerRegistry: "google", "quay.io": none},
		},
		"auto prefers a login": {
			push: []string{"eu.gcr.io"}, serviceAccount: "builder", want: map[string]Method{"eu.gcr.io": Local},
		},
		"auto without a service account": {push: []string{artifactRegistry}, want: map[string]Method{artifactRegistry: none}},
		"auto with a public base image on Google's registry": {
			push: []string{"quay.io"}, pull: []string{containerRegistry}, serviceAccount: "builder", want: map[string]Method{containerRegistry: none, "quay.io": none},
		},
		"auto with a broken helper":                   {push: []string{"broken.example"}, want: map[string]Method{"broken.example": none}},
		"auto with a token that the engine can't use": {push: []string{"token.example"}, want: map[string]Method{"token.example": none}},
		"gcr is for Google only": {
			push: []string{artifactRegistry}, pull: []string{"ghcr.io"}, rules: []string{"gcr"}, want: map[string]Method{artifactRegistry: "gcr", "ghcr.io": none},
		},
		"gcr for another registry by name": {
			push: []string{"r.example"}, rules: []string{"r.example=gcr"}, want: map[string]Method{"r.example": "gcr"},
		},
		"gcloud without a registry of Google": {push: []string{"quay.io"}, rules: []string{"gcloud"}, err: new(*NoCloudRegistryError)},
		"a method for each registry": {
			push: []string{artifactRegistry}, pull: []string{"ghcr.io", "quay.io"}, rules: []string{artifactRegistry + "=gcloud", "local", "quay.io=secret=a"},
			want: map[string]Method{artifactRegistry: "gcloud", "ghcr.io": Local, "quay.io": Secret},
		},
		"local without a login":                        {push: []string{"quay.io"}, rules: []string{"local"}, want: map[string]Method{"quay.io": none}},
		"local for a registry by name without a login": {push: []string{"quay.io"}, rules: []string{"quay.io=local"}, err: new(*LocalError)},
		"local with a broken helper":                   {push: []string{"broken.example"}, rules: []string{"local"}, err: new(*LocalError)},
		"none":                                         {push: []string{"ghcr.io"}, rules: []string{"none"}, want: map[string]Method{"ghcr.io": none}},
	} {
		t.Run(name, func(t *testing.T) {
			registries := Registries(images(c.push), images(c.pull))
			logins, err := Decide(t.Context(), registries, Situation{rules(t, c.rules...), c.serviceAccount, keychain()})
			if c.err != nil {
				if !errors.As(err, c.err) || strings.Contains(err.Error(), password) {
					t.Fatalf("error %v, want a %T", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]Method{}
			for _, login := range logins {
				got[login.Host] = login.Method
				if text := login.identity("e@mail") + login.why; strings.Contains(text, password) {
					t.Errorf("secret in %q", text)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(logins.Summary(), password) {
				t.Errorf("secret in %q", logins.Summary())
			}
		})
	}
}

func images(hosts []string) []string {
	var refs []string
	for _, h := range hosts {
		refs = append(refs, h+"/a/b")
	}
	return refs
}

// stuckKeychain never answers.
type stuckKeychain struct{ forever chan struct{} }

func (k stuckKeychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	<-k.forever
	return authn.Anonymous, nil
}

func TestDecideEndsWithItsContext(t *testing.T) {
	stuck := stuckKeychain{make(chan struct{})}
	defer close(stuck.forever)
	why := errors.New("stopped")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, why)
	defer cancel()
	if _, err := Decide(ctx, []Registry{{Host: "ghcr.io"}}, Situation{Keychain: stuck}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
