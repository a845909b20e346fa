package registryauth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// statusRegistry asks for a login and then answers every request with the same status.
func statusRegistry(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path != "/v2/" {
			w.Header().Set("Location", "/v2/a/b/blobs/uploads/1")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestCheckPush(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   Cause
	}{
		"allowed":      {status: http.StatusAccepted},
		"unauthorized": {status: http.StatusUnauthorized, want: Unauthorized},
		"expired":      {status: http.StatusUnauthorized, body: `{"errors":[{"code":"UNAUTHORIZED","message":"token has expired"}]}`, want: Expired},
		"forbidden":    {status: http.StatusForbidden, want: Forbidden},
		"broken":       {status: http.StatusInternalServerError},
		"missing":      {status: http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			host := statusRegistry(t, c.status, c.body)
			login := Login{Registry: Registry{host, true}, Method: Local, Credential: Credential{User: "bob", password: seal(password)}}
			accepted, err := Logins{login}.CheckPush(t.Context(), host+"/a/b:1", Trust{})
			if (accepted == host) != (c.status == http.StatusAccepted) {
				t.Errorf("accepted %q", accepted)
			}
			var rejection *Rejection
			if errors.As(err, &rejection) != (c.want != "") || rejection != nil && (rejection.Cause != c.want || !rejection.Push || rejection.Host != host) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckPushWithoutAnAnswer(t *testing.T) {
	host := statusRegistry(t, http.StatusUnauthorized, "")
	for _, m := range []Method{none, Secret, "gcr", "gcloud", "google"} {
		if accepted, err := (Logins{{Registry: Registry{host, true}, Method: m}}).CheckPush(t.Context(), host+"/a/b:1", Trust{}); err != nil || accepted != "" {
			t.Errorf("%s: %v", m, err)
		}
	}
	local := Logins{{Registry: Registry{"127.0.0.1:1", true}, Method: Local, Credential: Credential{User: "bob", password: seal(password)}}}
	if accepted, err := local.CheckPush(t.Context(), "127.0.0.1:1/a/b:1", Trust{}); err != nil || accepted != "" {
		t.Errorf("a registry out of reach: %v", err)
	}
}

func TestTransportSendsNoLoginUnencrypted(t *testing.T) {
	for address, refused := range map[string]bool{"http://10.0.0.1:5000/v2/": true, "http://registry.local/v2/": true, "http://127.0.0.1:1/v2/": false, "http://localhost:1/v2/": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		answer, err := Trust{}.Transport(ctx, "").RoundTrip(r)
		cancel()
		if err == nil {
			_ = answer.Body.Close()
		}
		if errors.Is(err, errPlainHTTP) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestCheckPushEndsWithItsContext(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer server.Close()
	defer close(hold)
	host := strings.TrimPrefix(server.URL, "http://")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	login := Login{Registry: Registry{host, true}, Method: Local, Credential: Credential{User: "bob", password: seal(password)}}
	start := time.Now()
	if _, err := (Logins{login}).CheckPush(ctx, host+"/a/b:1", Trust{}); err != nil || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}
