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

// Trust says which certificates of registries are accepted.
type Trust struct {
	Certificates []byte   // PEM, besides those of the system
	Insecure     []string // registries whose certificates are not checked
}

// Transport returns the transport for requests to host. All requests end with ctx.
func (t Trust) Transport(ctx context.Context, host string) http.RoundTripper {
	base := remote.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the library documents this type
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(t.Certificates)
	base.TLSClientConfig = &tls.Config{
		RootCAs: pool, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: slices.Contains(t.Insecure, host), //nolint:gosec // the user asked for it, for this registry
	}
	return boundTransport{ctx, base}
}

var errPlainHTTP = errors.New("the registry speaks plain http")

// boundTransport ends every request with ctx: the library's push check takes no context.
type boundTransport struct {
	ctx  context.Context
	base *http.Transport
}

// CloseIdleConnections ends what the transport keeps for later requests.
func (b boundTransport) CloseIdleConnections() { b.base.CloseIdleConnections() }

// RoundTrip refuses to send a login unencrypted. The library falls back to plain http for private addresses; the engine does not.
func (b boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if ip := net.ParseIP(r.URL.Hostname()); r.URL.Scheme != "https" && r.URL.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errPlainHTTP
	}
	return b.base.RoundTrip(r.WithContext(b.ctx))
}

// CheckPush asks the registry whether the pod's login has the right to push ref. It returns the registry if so, and a *Rejection if not.
// It returns neither if only the pod knows its login, or if the registry does not answer.
func (l Logins) CheckPush(ctx context.Context, ref string, trust Trust) (accepted string, err error) {
	tag, err := name.NewTag(ref, name.WeakValidation)
	if err != nil {
		return "", nil
	}
	host := canonicalHost(tag.RegistryStr())
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
		return "", login.rejectedPush(answer)
	}
}

// rejectedPush reads a registry's answer. Only 401 and 403 are rejections.
func (login Login) rejectedPush(answer *transport.Error) error {
	rejection := login.Rejected("", "", "")
	rejection.Push = true
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		rejection.Cause, rejection.Detail = Unauthorized, "401 Unauthorized"
		if strings.Contains(strings.ToLower(answer.Error()), "expired") {
			rejection.Cause = Expired
		}
		return rejection
	case http.StatusForbidden:
		rejection.Cause, rejection.Detail = Forbidden, "403 Forbidden"
		return rejection
	default:
		return nil
	}
}

// fixedKeychain has the same login for all registries.
type fixedKeychain struct{ login authn.Authenticator }

// Resolve implements authn.Keychain.
func (k fixedKeychain) Resolve(authn.Resource) (authn.Authenticator, error) { return k.login, nil }
