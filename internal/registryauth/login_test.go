package registryauth

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
)

const password = "correct-horse-battery"

// userKeychain has a login for some registries, and fails for others.
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
	const google1, google2 = "europe-west1-docker.pkg.dev", "gcr.io"
	for name, c := range map[string]struct {
		push, pull     []string
		rules          []string
		serviceAccount string
		want           map[string]Method
		err            any
	}{
		"auto": {
			push: []string{"ghcr.io"}, pull: []string{"docker.io", "quay.io"},
			want: map[string]Method{"ghcr.io": Local, "docker.io": Local, "quay.io": None},
		},
		"auto on Google Cloud": {
			push: []string{google1}, pull: []string{google2, "quay.io"}, serviceAccount: "builder",
			want: map[string]Method{google1: google, google2: google, "quay.io": None},
		},
		"auto prefers a login": {
			push: []string{"eu.gcr.io"}, serviceAccount: "builder", want: map[string]Method{"eu.gcr.io": Local},
		},
		"auto without a service account": {push: []string{google1}, want: map[string]Method{google1: None}},
		"auto with a public base image on Google's registry": {
			push: []string{"quay.io"}, pull: []string{google2}, serviceAccount: "builder", want: map[string]Method{google2: None, "quay.io": None},
		},
		"auto with a broken helper":        {push: []string{"broken.example"}, want: map[string]Method{"broken.example": None}},
		"auto with a token that is no use": {push: []string{"token.example"}, want: map[string]Method{"token.example": None}},
		"gcr is for Google only": {
			push: []string{google1}, pull: []string{"ghcr.io"}, rules: []string{"gcr"}, want: map[string]Method{google1: GCR, "ghcr.io": None},
		},
		"gcr for a registry that is named": {
			push: []string{"r.example"}, rules: []string{"r.example=gcr"}, want: map[string]Method{"r.example": GCR},
		},
		"gcloud without a registry of Google's": {push: []string{"quay.io"}, rules: []string{"gcloud"}, err: new(*NoGoogleError)},
		"each its own": {
			push: []string{google1}, pull: []string{"ghcr.io", "quay.io"}, rules: []string{google1 + "=gcloud", "local", "quay.io=secret=a"},
			want: map[string]Method{google1: Gcloud, "ghcr.io": Local, "quay.io": Secret},
		},
		"local without a login":             {push: []string{"quay.io"}, rules: []string{"local"}, want: map[string]Method{"quay.io": None}},
		"local without the login asked for": {push: []string{"quay.io"}, rules: []string{"quay.io=local"}, err: new(*LocalError)},
		"local with a broken helper":        {push: []string{"broken.example"}, rules: []string{"local"}, err: new(*LocalError)},
		"none":                              {push: []string{"ghcr.io"}, rules: []string{"none"}, want: map[string]Method{"ghcr.io": None}},
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
				if text := login.Identity("e@mail") + login.Why; strings.Contains(text, password) {
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

// stuckKeychain waits for a smart card that nobody inserts.
type stuckKeychain struct{ forever chan struct{} }

func (k stuckKeychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	<-k.forever
	return authn.Anonymous, nil
}

func TestAStuckHelperEndsWithTheRun(t *testing.T) {
	stuck := stuckKeychain{make(chan struct{})}
	defer close(stuck.forever)
	why := errors.New("stopped")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, why)
	defer cancel()
	if _, err := Decide(ctx, []Registry{{Host: "ghcr.io"}}, Situation{Keychain: stuck}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

func decided(t *testing.T, situation Situation, push, pull []string) Logins {
	t.Helper()
	if situation.Keychain == nil {
		situation.Keychain = keychain()
	}
	logins, err := Decide(t.Context(), Registries(images(push), images(pull)), situation)
	if err != nil {
		t.Fatal(err)
	}
	return logins
}

func TestConfigIsMinimal(t *testing.T) {
	logins := decided(t, Situation{Rules: rules(t, "auto", "quay.io=secret=a", "eu.gcr.io=gcr")}, []string{"ghcr.io"}, []string{"docker.io", "quay.io", "eu.gcr.io", "r.example:5000"})
	var got map[string]map[string]map[string]string
	if err := json.Unmarshal(logins.Config(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]map[string]string{"auths": {
		"ghcr.io":                     {"auth": "Ym9iOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="},
		"https://index.docker.io/v1/": {"identitytoken": password},
		"r.example:5000":              {},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Helper{{"gcr", []string{"eu.gcr.io"}}}, logins.Helpers()); diff != "" {
		t.Errorf("helpers (-want +got):\n%s", diff)
	}
	if !cmp.Equal(logins.Secrets(), []string{"a"}) {
		t.Errorf("secrets %q", logins.Secrets())
	}
	if config := decided(t, Situation{}, []string{"quay.io"}, nil).Config(); config != nil {
		t.Errorf("without any login: %s", config)
	}
}

// Promise 5: whatever prints a type that holds a secret shows something else.
func TestNothingPrintsASecret(t *testing.T) {
	for name, config := range map[string]authn.AuthConfig{
		"password":       {Username: "bob", Password: password},
		"identity token": {IdentityToken: password},
	} {
		credential, found, err := newCredential(&config)
		if err != nil || !found {
			t.Fatal(err)
		}
		login := Login{Registry: Registry{Host: "ghcr.io"}, Method: Local, Credential: credential}
		for _, holder := range []any{
			credential, &credential, credential.password, credential.identity, login, &login,
			Logins{login},
			&Logins{login},
			map[string]Credential{"a": credential},
			struct{ C Credential }{credential},
			[]any{login},
			// Out of reach of our methods.
			struct{ c Credential }{credential},
			&struct{ l []Login }{[]Login{login}},
			&struct{ s sealed }{credential.password},
			&LocalError{"ghcr.io", errNoLogin},
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				if text := fmt.Sprintf(verb, holder); leaks(text) {
					t.Errorf("%s: %s of %T prints %s", name, verb, holder, text)
				}
			}
			if text := fmt.Sprint(holder) + fmt.Sprintln(holder); leaks(text) {
				t.Errorf("%s: %T prints %s", name, holder, text)
			}
			if text, err := json.Marshal(holder); err != nil || leaks(string(text)) {
				t.Errorf("%s: %T as JSON is %s, %v", name, holder, text, err)
			}
		}
		if text := login.Identity("") + login.Refused(Unauthorized, "401", "").Error(); leaks(text) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func leaks(text string) bool {
	for _, form := range []string{password, fmt.Sprintf("%x", password), fmt.Sprintf("%X", password), "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
