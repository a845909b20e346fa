package registryauth

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// registryWithLogin is a registry that has one image, and asks for a login if there is one.
func registryWithLogin(t *testing.T, login authn.Basic) (host string, trust Trust, image v1.Image) {
	t.Helper()
	open := registry.New()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user == login.Username && password == login.Password:
			open.ServeHTTP(w, r)
		case r.URL.Path != "/v2/":
			w.WriteHeader(http.StatusNotFound) // it hides what it has
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	host = server.Listener.Addr().String()
	trust.Certificates = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	image, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(host + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithTransport(trust.Transport(t.Context(), host)), remote.WithAuth(&login)); err != nil {
		t.Fatal(err)
	}
	return host, trust, image
}

func TestLook(t *testing.T) {
	for name, c := range map[string]struct {
		login  authn.Basic
		tag    string
		logins func(host string) Logins
		want   error // ErrNotThere, another error, or nil
	}{
		"an open registry has it":                       {tag: "1"},
		"an open registry does not have it":             {tag: "2", want: ErrNotThere},
		"a registry shows it to the login":              {login: authn.Basic{Username: "u", Password: "p"}, tag: "1", logins: localLogins},
		"a registry does not have it for the login":     {login: authn.Basic{Username: "u", Password: "p"}, tag: "2", logins: localLogins, want: ErrNotThere},
		"a registry may hide it from those without one": {login: authn.Basic{Username: "u", Password: "p"}, tag: "1", want: errUnknown},
		"a registry may hide it from another login":     {login: authn.Basic{Username: "u", Password: "p"}, tag: "2", logins: otherLogins, want: errUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			host, trust, image := registryWithLogin(t, c.login)
			var logins Logins
			if c.logins != nil {
				logins = c.logins(host)
			}
			for _, withConfig := range []bool{false, true} {
				look, err := logins.Look(t.Context(), host+"/app:"+c.tag, "", withConfig, trust)
				if errors.Is(c.want, ErrNotThere) != errors.Is(err, ErrNotThere) || (c.want == nil) != (err == nil) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if err != nil {
					continue
				}
				got := look.Image
				digest, _ := image.Digest()
				config, _ := image.ConfigName()
				if got.Digest != digest || withConfig && got.Config != config.String() || !withConfig && got.Config != "" {
					t.Errorf("%+v, want digest %s and configuration %s", got, digest, config)
				}
			}
		})
	}
}

var errUnknown = errors.New("no answer")

// otherLogins are those of a pod with a login of its own, while docker has one here.
func otherLogins(host string) Logins {
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte("u:p")))
	if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(config), 0o600); err != nil {
		panic(err)
	}
	return Logins{{Registry: Registry{Host: host}, Method: Secret}}
}

func localLogins(host string) Logins {
	credential, _, _ := newCredential(&authn.AuthConfig{Username: "u", Password: "p"})
	return Logins{{Registry: Registry{Host: host}, Method: Local, Credential: credential}}
}
