package e2e_test

import (
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/registryproxy"
)

// registryProxy is a test's own registry in front of the cluster's open registry: with a private certificate, and with a rule for requests.
type registryProxy struct {
	*registryproxy.Proxy

	mu     sync.Mutex
	seen   []string // user:password of every login
	denied string   // a password that is not valid any more
}

// rule returns the status of a request with a login, which may be empty. With 200 the open registry answers.
type rule func(user, password string, r *http.Request) int

// drop is a status by which the connection is closed without an answer.
const drop = -1

// onlyFor accepts one login.
func onlyFor(user, password string) rule {
	return func(u, p string, _ *http.Request) int {
		if u == user && p == password {
			return http.StatusOK
		}
		return http.StatusUnauthorized
	}
}

// everybody accepts every login, and none.
func everybody(string, string, *http.Request) int { return http.StatusOK }

// newRegistryProxy starts a registry with a host name at an address of this machine.
func newRegistryProxy(t *testing.T, name, address string, allowed rule) *registryProxy {
	t.Helper()
	g := &registryProxy{}
	var err error
	g.Proxy, err = registryproxy.Start(t.Context(), registryproxy.Options{
		Name: name, Address: address, Registry: shared.Registry, Transport: shared.Registries, Dir: t.TempDir(), HTTP1: true, Intercept: g.intercept(allowed),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// hostAddress is a free port of this machine that pods can reach.
func hostAddress() string { return net.JoinHostPort(shared.HostIP, "0") }

func (g *registryProxy) intercept(allowed rule) registryproxy.Intercept {
	return func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		g.note(user + ":" + password)
		status := allowed(user, password, r)
		if g.denies(password) {
			status = http.StatusUnauthorized
		}
		switch status {
		case drop:
			_ = registryproxy.Drop(w)
		case http.StatusOK:
			return false
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Basic realm="e2e"`)
			fallthrough
		default:
			w.WriteHeader(status)
		}
		return true
	}
}

// deny makes a password invalid from now on.
func (g *registryProxy) deny(password string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied = password
}

func (g *registryProxy) denies(password string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.denied != "" && password == g.denied
}

func (g *registryProxy) note(login string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.seen, login) {
		g.seen = append(g.seen, login)
	}
}

// saw tells whether a client has sent a password.
func (g *registryProxy) saw(password string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.seen, func(s string) bool { return strings.HasSuffix(s, ":"+password) })
}

// pushed is the reference in the open registry of an image that was pushed through the proxy.
func (g *registryProxy) pushed(reference string) string {
	return shared.Registry + "/" + strings.TrimPrefix(reference, g.Host+"/")
}

// authorities is a file with the certificates of the authorities of several proxies.
func authorities(t *testing.T, proxies ...*registryProxy) string {
	t.Helper()
	var all strings.Builder
	for _, g := range proxies {
		all.WriteString(read(t, g.CAFile))
	}
	file := filepath.Join(t.TempDir(), "authorities.crt")
	write(t, file, all.String())
	return file
}
