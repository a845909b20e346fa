package registryauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
)

// redacted is what is shown in a secret's place.
const redacted = "(redacted)"

// sealed is a secret: whatever prints it prints something else. It is kept in a function because fmt ignores the methods of what it
// reaches through an unexported field, and prints the memory that it finds there.
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

// Format covers every verb of fmt.
func (s sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText covers encoders.
func (s sealed) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Credential is a user's login for one registry. It can be printed without showing more than the user's name.
type Credential struct {
	User     string // empty where an identity token says it all
	password sealed
	identity sealed // an OAuth refresh token
}

var errRegistryToken = errors.New("it is a registry token, which img v0.5.11 can't use")

// newCredential takes what a keychain found; ok is false for nothing.
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

// entry is the credential as the engine reads it in config.json.
func (c Credential) entry() map[string]string {
	if !c.identity.isEmpty() {
		return map[string]string{"identitytoken": c.identity.text()}
	}
	return map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(c.User + ":" + c.password.text()))}
}

// String names the user.
func (c Credential) String() string {
	if c.User == "" {
		return "an identity token"
	}
	return c.User
}

// Format covers every verb of fmt: %#v would print unexported fields as they are.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalJSON shows the user's name only.
func (c Credential) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }

// authenticator is the same login for requests of our own.
func (c Credential) authenticator() authn.Authenticator {
	return authn.FromConfig(authn.AuthConfig{Username: c.User, Password: c.password.text(), IdentityToken: c.identity.text()})
}
