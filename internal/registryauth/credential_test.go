package registryauth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
)

// No type that holds a secret prints it.
func TestCredentialPrintsNoSecret(t *testing.T) {
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
			// fmt does not call the methods of these.
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
		if text := login.identity("") + login.Rejected(Unauthorized, "401", "").Error(); leaks(text) {
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
