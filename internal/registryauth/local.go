package registryauth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

var errNoLogin = errors.New("there is none")

// LocalError reports that the user's own login for a registry can't be read, or does not exist.
type LocalError struct {
	Host string
	Err  error
}

func (e *LocalError) Error() string {
	return fmt.Sprintf("read the local login for %s: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// localLogin asks the user's own configuration and credential helpers. It leaves a helper that hangs, for example because it waits for a
// smart card, when ctx ends.
func localLogin(ctx context.Context, keychain authn.Keychain, host string) (Credential, bool, error) {
	type answer struct {
		credential Credential
		found      bool
		err        error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.credential, a.found, a.err = ask(ctx, keychain, host)
		answers <- a
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return Credential{}, false, &LocalError{host, a.err}
		}
		return a.credential, a.found, nil
	case <-ctx.Done():
		return Credential{}, false, context.Cause(ctx)
	}
}

func ask(ctx context.Context, keychain authn.Keychain, host string) (Credential, bool, error) {
	registry, err := parseRegistry(host)
	if err != nil {
		return Credential{}, false, err
	}
	found, err := authn.Resolve(ctx, keychain, registry)
	if err != nil {
		return Credential{}, false, withoutOutput(err)
	}
	config, err := authn.Authorization(ctx, found)
	if err != nil {
		return Credential{}, false, withoutOutput(err)
	}
	return newCredential(config)
}

// withoutOutput removes a credential helper's output, which the library appends to its errors: it can contain a secret.
func withoutOutput(err error) error {
	text, _, cut := strings.Cut(err.Error(), ", out: ")
	if !cut {
		return err
	}
	return errors.New(text)
}
