package e2e_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// newProxy is an HTTP proxy that wants a password and counts what it connects.
func newProxy(t *testing.T, user, password string) (address string, connected *atomic.Int64) {
	t.Helper()
	connected = &atomic.Int64{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic "+basic(user, password) {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		far, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		connected.Add(1)
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(far, near)
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
	})
	server := &httptest.Server{Listener: listen(t, hostAddress()), Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), connected
}

// The engine goes through the proxy on request, with the password that its URL holds, and not without.
func TestProxyOnRequest(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	address, connected := newProxy(t, "user", "secret-of-the-proxy")
	for _, flags := range [][]string{{"--proxy"}, nil} {
		before := connected.Load()
		c := build(ns, append(flags, "-t", repository(ns), only(t, shell("RUN env | grep -ci proxy || echo no-proxy-in-the-step")))...)
		c.env = []string{"HTTPS_PROXY=http://user:secret-of-the-proxy@" + address, "NO_PROXY=" + shared.NodeIP + ":443"}
		r := c.run(t).succeeds(t)
		r.says(t, "no-proxy-in-the-step")
		if used := connected.Load() > before; used != (flags != nil) {
			t.Errorf("flags %q: went through the proxy: %v", flags, used)
		}
		if strings.Contains(r.stderr, "secret-of-the-proxy") {
			t.Errorf("the proxy's password shows:\n%s", r.stderr)
		}
	}
}
