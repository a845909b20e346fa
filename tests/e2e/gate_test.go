package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate is a registry of a test's own: TLS with an authority that nobody knows, in front of the cluster's open registry. It answers
// what the test's rule says, and has the rest answered by the registry.
type gate struct {
	host string // host:port, for clients and pods
	ca   string // file with the authority's certificate

	mu     sync.Mutex
	seen   []string // every user:password that was shown
	denied string   // a password that is good no more
}

// rule returns the status for a request with a login, or 200 to let it pass. Without a login it is asked with an empty one.
type rule func(user, password string, r *http.Request) int

// What a rule can do besides naming a status.
const (
	reset = -1 // close the connection without an answer
	stall = -2 // never answer
)

func hijacked(t *testing.T, w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
	}
	return conn
}

func onlyFor(user, password string) rule {
	return func(u, p string, _ *http.Request) int {
		if u == user && p == password {
			return http.StatusOK
		}
		return http.StatusUnauthorized
	}
}

func everybody(string, string, *http.Request) int { return http.StatusOK }

// newGate listens where pods reach this machine, on a free port unless address names one.
func newGate(t *testing.T, name, address string, allowed rule) *gate {
	t.Helper()
	listener := listen(t, address)
	g := &gate{host: listener.Addr().String()}
	certificate, ca := certify(t, name)
	g.ca = filepath.Join(t.TempDir(), "ca.crt")
	write(t, g.ca, string(ca))
	server := &httptest.Server{
		Listener: listener,
		Config:   &http.Server{Handler: g.handler(t, allowed), ErrorLog: log.New(t.Output(), "", 0)},
		TLS:      &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
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

func hostAddress() string { return net.JoinHostPort(shared.HostIP, "0") }

func (g *gate) handler(t *testing.T, allowed rule) http.Handler {
	target, err := url.Parse("https://" + shared.Registry)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Transport: registry,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the registry writes locations for whoever was asked
			r.Out.Header.Del("Authorization")
		},
		ErrorLog: log.New(t.Output(), "", 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		g.note(user + ":" + password)
		status := allowed(user, password, r)
		if g.denies(password) {
			status = http.StatusUnauthorized
		}
		switch status {
		case reset:
			_ = hijacked(t, w).Close()
		case stall:
			<-r.Context().Done()
		case http.StatusOK:
			proxy.ServeHTTP(w, r)
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Basic realm="gate"`)
			fallthrough
		default:
			w.WriteHeader(status)
		}
	})
}

func (g *gate) denies(password string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.denied != "" && password == g.denied
}

func (g *gate) note(login string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.seen, login) {
		g.seen = append(g.seen, login)
	}
}

// saw tells whether a password was shown to the registry.
func (g *gate) saw(password string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.seen, func(s string) bool { return strings.HasSuffix(s, ":"+password) })
}

// pushed is where the cluster's registry has what was pushed through a gate.
func (g *gate) pushed(reference string) string {
	return shared.Registry + "/" + strings.TrimPrefix(reference, g.host+"/")
}

// certify makes an authority and a certificate of it for a name or this machine's address.
func certify(t *testing.T, name string) (tls.Certificate, []byte) {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of " + t.Name()}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.ParseIP(shared.HostIP)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
	}
	caKey, caDER := signed(t, ca, ca, nil)
	leafKey, leafDER := signed(t, leaf, ca, caKey)
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
}

func signed(t *testing.T, template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if parentKey == nil {
		parentKey = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(fmt.Errorf("sign certificate: %w", err))
	}
	return key, der
}
