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
	p := &registryProxy{}
	var err error
	p.Proxy, err = registryproxy.Start(t.Context(), registryproxy.Options{
		Name: name, Address: address, Registry: shared.Registry, Transport: shared.Registries, Dir: t.TempDir(), HTTP1: true, Intercept: p.intercept(allowed),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
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

func (p *registryProxy) intercept(allowed rule) registryproxy.Intercept {
	return func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		p.note(user + ":" + password)
		status := allowed(user, password, r)
		if p.denies(password) {
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
func (p *registryProxy) deny(password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.denied = password
}

func (p *registryProxy) denies(password string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.denied != "" && password == p.denied
}

func (p *registryProxy) note(login string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.seen, login) {
		p.seen = append(p.seen, login)
	}
}

// saw tells whether a client has sent a password.
func (p *registryProxy) saw(password string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.seen, func(s string) bool { return strings.HasSuffix(s, ":"+password) })
}

// pushed is the reference in the open registry of an image that was pushed through the proxy.
func (p *registryProxy) pushed(reference string) string {
	return shared.Registry + "/" + strings.TrimPrefix(reference, p.Host+"/")
}

// authorities is a file with the certificates of the authorities of several proxies.
func authorities(t *testing.T, proxies ...*registryProxy) string {
	t.Helper()
	var all strings.Builder
	for _, p := range proxies {
		all.WriteString(read(t, p.CAFile))
	}
	file := filepath.Join(t.TempDir(), "authorities.crt")
	write(t, file, all.String())
	return file
}
