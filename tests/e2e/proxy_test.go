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

// TestProxy expects that the engine uses the proxy, with the login in its URL, only with --proxy.
func TestProxy(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	address, connected := newProxy(t, "user", "secret-of-the-proxy")
	for name, flags := range map[string][]string{"with --proxy": {"--proxy"}, "without --proxy": nil} {
		t.Run(name, func(t *testing.T) {
			before := connected.Load()
			c := build(ns, append(flags, "-t", repository(ns), only(t, shell("RUN env | grep -ci proxy || echo no-proxy-in-the-step")))...)
			c.env = []string{"HTTPS_PROXY=http://user:secret-of-the-proxy@" + address, "NO_PROXY=" + shared.NodeIP + ":443"}
			r := c.run(t).succeeds(t)
			r.says(t, "no-proxy-in-the-step")
			if used := connected.Load() > before; used != (flags != nil) {
				t.Errorf("the proxy was used: %v", used)
			}
			if strings.Contains(r.stderr, "secret-of-the-proxy") {
				t.Errorf("stderr has the proxy's password:\n%s", r.stderr)
			}
		})
	}
}

// newProxy starts an HTTP proxy that requires a login and counts the connections from pods. The client on this machine has its own use for its proxy.
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
		if from, _, _ := net.SplitHostPort(r.RemoteAddr); from != shared.HostIP {
			connected.Add(1)
		}
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
