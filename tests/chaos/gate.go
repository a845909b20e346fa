package main

import (
	"crypto/tls"
	"errors"
	"io"
	"log" //nolint:depguard // what net/http's servers write their complaints to
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// gate is a run's own registry: TLS in front of the cluster's open one, with a rule that may spoil what passes.
type gate struct {
	host   string
	mu     sync.Mutex
	server *http.Server
	lab    *lab
	http1  bool
	spoil  spoiler
}

// spoiler answers a request itself and returns true, or leaves it to the registry.
type spoiler func(w http.ResponseWriter, r *http.Request) bool

func (l *lab) newGate(http1 bool) (*gate, error) {
	g := &gate{lab: l, http1: http1}
	return g, g.open(net.JoinHostPort(l.HostIP, "0"))
}

// open listens; after a kill, at the old address.
func (g *gate) open(address string) error {
	listener, err := net.Listen("tcp", address) //nolint:noctx // ends at once
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.host = listener.Addr().String()
	g.server = &http.Server{
		Handler:   g,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{g.lab.certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	if g.http1 {
		g.server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go g.server.ServeTLS(listener, "", "") //nolint:errcheck // ends with close
	return nil
}

// kill closes the listener and every connection.
func (g *gate) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.server.Close()
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.spoil != nil && g.spoil(w, r) {
		return
	}
	g.forward(w, r, g.lab.Registry)
}

// forward has a registry answer.
func (g *gate) forward(w http.ResponseWriter, r *http.Request, registry string) {
	proxy := &httputil.ReverseProxy{
		Transport: g.lab.registry,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "https", Host: registry})
			p.Out.Host = p.In.Host // the registry writes locations for whoever was asked
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	proxy.ServeHTTP(w, r)
}

// isPush tells what only a push does.
func isPush(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// isPull tells a pull of the base image.
func isPull(r *http.Request) bool { return !isPush(r) && strings.HasPrefix(r.URL.Path, "/v2/busybox/") }

// refuse answers as registries do.
func refuse(w http.ResponseWriter, status int) {
	code := map[int]string{401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}[status]
	if code == "" {
		code = "UNKNOWN"
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="chaos"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errors":[{"code":"`+code+`","message":"`+strings.ToLower(http.StatusText(status))+`"}]}`)
}

// reset ends the connection with a RST, where the protocol has one.
func reset(w http.ResponseWriter) error {
	connection, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		panic(http.ErrAbortHandler) // HTTP/2: a reset stream
	}
	if err != nil {
		return err
	}
	if c, ok := connection.(*tls.Conn); ok {
		if raw, ok := c.NetConn().(*net.TCPConn); ok {
			_ = raw.SetLinger(0)
			return raw.Close()
		}
	}
	return connection.Close()
}
