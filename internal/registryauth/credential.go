package registryauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
)

// redacted is printed in place of a secret.
const redacted = "(redacted)"

// sealed is a secret that prints a placeholder. A function holds it, because fmt ignores the methods of a value in an unexported field
// and prints its memory.
type sealed struct{ reveal func() string }

func seal(secret string) sealed {
	if secret == "" {
		return sealed{}
	}
	return sealed{func() string { return secret }}
}

func (s sealed) isEmpty() bool { return s.reveal == nil }

func (s sealed) text() string {
	if s.isEmpty() {
		return ""
	}
	return s.reveal()
}

func (s sealed) String() string { return redacted }

// Format prints the placeholder for every verb of fmt.
func (s sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns the placeholder.
func (s sealed) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Credential is a user's login for one registry. It prints only the user's name.
type Credential struct {
	User     string // empty for an identity token
	password sealed
	identity sealed // an OAuth refresh token
}

var errRegistryToken = errors.New("it is a registry token, which the engine can't use")

// newCredential converts what a keychain found. ok is false if it found no login.
func newCredential(found *authn.AuthConfig) (c Credential, ok bool, err error) {
	c = Credential{User: found.Username, password: seal(found.Password), identity: seal(found.IdentityToken)}
	if !c.identity.isEmpty() {
		c.User, c.password = "", sealed{}
	}
	switch {
	case !c.password.isEmpty() || !c.identity.isEmpty():
		return c, true, nil
	case found.RegistryToken != "":
		return Credential{}, false, errRegistryToken
	default:
		return Credential{}, false, nil
	}
}

// entry returns the credential as an entry of config.json.
func (c Credential) entry() map[string]string {
	if !c.identity.isEmpty() {
		return map[string]string{"identitytoken": c.identity.text()}
	}
	return map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(c.User + ":" + c.password.text()))}
}

// String returns the user's name.
func (c Credential) String() string {
	if c.User == "" {
		return "an identity token"
	}
	return c.User
}

// Format prints the user's name for every verb of fmt: %#v would print the unexported fields.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalJSON returns the user's name.
func (c Credential) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }

// authenticator returns the credential for requests from here.
func (c Credential) authenticator() authn.Authenticator {
	return authn.FromConfig(authn.AuthConfig{Username: c.User, Password: c.password.text(), IdentityToken: c.identity.text()})
}
