package registryauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Trust is whom requests to registries believe.
type Trust struct {
	Certificates []byte   // PEM, besides the system's
	Insecure     []string // registries whose certificates are not checked
}

// Transport returns the transport for requests to host, all of which end with ctx.
func (t Trust) Transport(ctx context.Context, host string) http.RoundTripper {
	base := remote.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the library's own documented type
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(t.Certificates)
	base.TLSClientConfig = &tls.Config{
		RootCAs: pool, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: slices.Contains(t.Insecure, host), //nolint:gosec // the user names the registry
	}
	return bound{ctx, base}
}

var errPlainHTTP = errors.New("the registry speaks plain http")

// bound ends every request with a context: the library's push check takes none.
type bound struct {
	ctx  context.Context
	base http.RoundTripper
}

// RoundTrip sends no login in the clear: for private addresses the library falls back to plain http, which the engine does not.
func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	if ip := net.ParseIP(r.URL.Hostname()); r.URL.Scheme != "https" && r.URL.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errPlainHTTP
	}
	return b.base.RoundTrip(r.WithContext(b.ctx))
}

// CheckPush asks the registry whether the login that the pod will use may push ref, and returns the registry if it may. A
// *Refusal is a definite no. Where only the pod knows its login, and where the registry can't be asked, there is no answer.
func (l Logins) CheckPush(ctx context.Context, ref string, trust Trust) (accepted string, err error) {
	tag, err := name.NewTag(ref, name.WeakValidation)
	if err != nil {
		return "", nil
	}
	host := canonical(tag.RegistryStr())
	login, ok := l.Of(host)
	if !ok || login.Method != Local {
		return "", nil
	}
	err = remote.CheckPushPermission(tag, fixedKeychain{login.Credential.authenticator()}, trust.Transport(ctx, host))
	var answer *transport.Error
	switch {
	case err == nil:
		return host, nil
	case !errors.As(err, &answer):
		return "", nil
	default:
		return "", login.refusedPush(answer)
	}
}

// refusedPush reads a registry's answer; only two of them are a definite no.
func (login Login) refusedPush(answer *transport.Error) error {
	refusal := login.Refused("", "", "")
	refusal.Push = true
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		refusal.Cause, refusal.Detail = Unauthorized, "401 Unauthorized"
		if strings.Contains(strings.ToLower(answer.Error()), "expired") {
			refusal.Cause = Expired
		}
		return refusal
	case http.StatusForbidden:
		refusal.Cause, refusal.Detail = Forbidden, "403 Forbidden"
		return refusal
	default:
		return nil
	}
}

// fixedKeychain has one login for everybody.
type fixedKeychain struct{ login authn.Authenticator }

// Resolve implements authn.Keychain.
func (k fixedKeychain) Resolve(authn.Resource) (authn.Authenticator, error) { return k.login, nil }
