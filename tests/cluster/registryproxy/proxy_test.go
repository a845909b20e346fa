package registryproxy

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func TestProxy(t *testing.T) {
	registry := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	defer registry.Close()
	for version, http1 := range map[string]bool{"HTTP/1.1": true, "HTTP/2.0": false} {
		t.Run(version, func(t *testing.T) {
			p, err := Start(t.Context(), Options{
				Name: "private", Address: "127.0.0.1:0", Registry: strings.TrimPrefix(registry.URL, "https://"),
				Transport: registry.Client().Transport, Dir: t.TempDir(), HTTP1: http1,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			client := clientOf(t, p)
			t.Run("request is forwarded without the login", func(t *testing.T) {
				body, protocol, err := get(t, client, p)
				if want := p.Host + " /v2/ "; body != want || err != nil || protocol != version {
					t.Errorf("%s %q, %v; want %q", protocol, body, err, want)
				}
			})
			for name, fault := range map[string]func(http.ResponseWriter) error{"Drop": Drop, "Reset": Reset} {
				t.Run("request is ended by "+name, func(t *testing.T) {
					p.Intercept = func(w http.ResponseWriter, _ *http.Request) bool {
						_ = fault(w)
						return true
					}
					if _, _, err := get(t, client, p); err == nil {
						t.Error("there was an answer")
					}
				})
			}
			t.Run("proxy is closed and started again", func(t *testing.T) {
				p.Close()
				p.Intercept = nil
				if _, _, err := get(t, client, p); err == nil {
					t.Error("a closed proxy answers")
				}
				if err := p.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, _, err := get(t, client, p); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// clientOf trusts the proxy's authority and no other.
func clientOf(t *testing.T, p *Proxy) *http.Client {
	t.Helper()
	ca, err := os.ReadFile(p.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
}

func get(t *testing.T, client *http.Client, p *Proxy) (body, protocol string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+p.Host+"/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("user", "password")
	response, err := client.Do(request)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return string(content), response.Proto, err
}
