// Package registryproxy runs a registry with a private certificate and with faults: a proxy in front of the test cluster's open registry.
package registryproxy

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"io"
	"log" //nolint:depguard // net/http's servers report their errors to its Logger
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"

	"github.com/kubectl-img/kubectl-img/tests/cluster/pki"
)

// Intercept answers a request and returns true, or returns false, so that the registry answers.
type Intercept func(w http.ResponseWriter, r *http.Request) bool

// Options describe a proxy.
type Options struct {
	Name      string            // host name in the certificate, which is also valid for Address
	Address   string            // host:port to listen on; port 0 is any free port
	Registry  string            // host:port of the registry that answers
	Transport http.RoundTripper // to the registry
	Dir       string            // where the certificates are written
	HTTP1     bool              // HTTP/2 is not offered
	Intercept Intercept         // may be nil
	Log       io.Writer         // the server's errors; may be nil
}

// Proxy is a running proxy.
type Proxy struct {
	Host      string // host:port, for clients and pods
	CAFile    string // the certificate of the authority that signed the proxy's certificate
	Intercept Intercept

	options     Options
	certificate tls.Certificate
	log         *log.Logger
	mu          sync.Mutex
	server      *http.Server
}

// Start makes the certificate and listens.
func Start(ctx context.Context, options Options) (*Proxy, error) {
	host, _, err := net.SplitHostPort(options.Address)
	if err != nil {
		return nil, err
	}
	ca, err := pki.Load(options.Dir, "authority of "+options.Name)
	if err != nil {
		return nil, err
	}
	if err := ca.Server("registry", pkix.Name{CommonName: options.Name}, host); err != nil {
		return nil, err
	}
	p := &Proxy{CAFile: ca.CertificateFile(), Intercept: options.Intercept, options: options, log: log.New(io.Discard, "", 0)}
	if options.Log != nil {
		p.log = log.New(options.Log, "", 0)
	}
	p.certificate, err = tls.LoadX509KeyPair(filepath.Join(options.Dir, "registry.crt"), filepath.Join(options.Dir, "registry.key"))
	if err != nil {
		return nil, err
	}
	if err := p.listen(ctx, options.Address); err != nil {
		return nil, err
	}
	return p, nil
}

// Restart listens at the old address after Close.
func (p *Proxy) Restart(ctx context.Context) error { return p.listen(ctx, p.Host) }

func (p *Proxy) listen(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Host = listener.Addr().String()
	p.server = &http.Server{
		Handler:   p,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{p.certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog:  p.log,
	}
	if p.options.HTTP1 {
		p.server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go p.server.ServeTLS(listener, "", "") //nolint:errcheck // Close ends it
	return nil
}

// Close closes the listener and every connection.
func (p *Proxy) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.server.Close()
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.Intercept != nil && p.Intercept(w, r) {
		return
	}
	p.Forward(w, r, p.options.Registry)
}

// Forward makes a registry, host:port, answer the request.
func (p *Proxy) Forward(w http.ResponseWriter, r *http.Request, registry string) {
	proxy := &httputil.ReverseProxy{
		Transport: p.options.Transport,
		Rewrite: func(q *httputil.ProxyRequest) {
			q.SetURL(&url.URL{Scheme: "https", Host: registry})
			q.Out.Host = q.In.Host // the registry sends locations with this host
			q.Out.Header.Del("Authorization")
		},
		ErrorLog: p.log,
	}
	proxy.ServeHTTP(w, r)
}
