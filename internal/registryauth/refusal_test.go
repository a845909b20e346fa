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

func TestDiagnose(t *testing.T) {
	for words, want := range map[string]Cause{
		`unexpected response: 401 Unauthorized`: Unauthorized,
		`unexpected response: 403 Forbidden`:    Forbidden,
		`failed to solve: rpc error: code = Unknown desc = docker.io/a/b: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`: Unauthorized,
		`failed to do request: Head https://r.example/v2/: dial tcp: lookup r.example on 10.96.0.10:53: no such host`:                                                                                           UnknownHost,
		`failed to do request: Head https://r.example/v2/: x509: certificate signed by unknown authority`:                                                                                                       BadCertificate,
		`failed to do request: Head https://r.example/v2/: x509: certificate has expired or is not yet valid`:                                                                                                   BadCertificate,
		`failed to do request: Head https://r.example/v2/: dial tcp 10.0.0.1:443: connect: connection refused`:                                                                                                  Unreachable,
		`failed to do request: Head https://r.example/v2/: http: server gave HTTP response to HTTPS client`:                                                                                                     PlainHTTP,
		`failed to authorize: rpc error: code = Unknown desc = error getting credentials - err: exec: "docker-credential-gcr": executable file not found in $PATH, out: `:                                       HelperMissing,
		`failed to authorize: rpc error: code = Unknown desc = error getting credentials - err: exit status 1, out: `:                                                                                           HelperFailed,
		`failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`:                                                                                                                    Forbidden,
		`unexpected response: 401 Unauthorized: token has expired`:                                                                                                                                              Expired,
		`unexpected response: 429 Too Many Requests`:                                                                                                                                                            Limited,
		`failed to solve: failed to load cache key: unexpected status code [manifests 1]: 429 Too Many Requests`:                                                                                                Limited,
		`failed to solve: failed to load cache key: unexpected status code [manifests 1]: 503 Service Unavailable`:                                                                                              ServerError,
		`failed commit on ref "manifest-sha256:5f81": unexpected status: 500 Internal Server Error`:                                                                                                             ServerError,
		`unexpected response: 507 Insufficient Storage`:                                                                                                                                                         ServerError,
		`unexpected response: 504 Gateway Timeout`:                                                                                                                                                              TimedOut,
		`failed to do request: Head https://r.example/v2/: dial tcp 10.0.0.1:443: i/o timeout`:                                                                                                                  TimedOut,
		`failed to do request: Head https://r.example/v2/: net/http: TLS handshake timeout`:                                                                                                                     TimedOut,
		`failed to solve: failed to load cache key: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r.example/v2/busybox/blobs/sha256:d8": EOF`:                               Broken,
		`failed to do request: Put "https://r.example/v2/": write: connection reset by peer`:                                                                                                                    Broken,
		`failed commit on ref "manifest-sha256:5f81": no response`:                                                                                                                                              Broken,
		`failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://10.0.0.1:34031/v2/a/blobs/sha256:401": stream error: stream ID 3; INTERNAL_ERROR; received from peer`:                Broken,
		`failed commit on ref "manifest-sha256:5f81": pipe error before commit: failed to do request: Put "https://r.example/v2/": use of closed network connection`:                                            Broken,
		`failed to copy: failed to do request: Put "https://r.example/v2/a/blobs/uploads/0a": cannot reuse body, request must be retried`:                                                                       Broken,
		`unexpected status from POST request to https://r.example/v2/e/blobs/uploads/: 404 Not Found`:                                                                                                           NoRepository,
		`unexpected response: 404 Not Found`:                                                                                              NoRepository,
		`failed to solve: failed to load cache key: r.example/no/such:image: not found`:                                                   NotFound,
		`failed to solve: r.example/no/such:1: failed to resolve source metadata for r.example/no/such:1: r.example/no/such:1: not found`: NotFound,
		// What a build says of itself.
		`failed to solve: process "/bin/sh -c echo 'unexpected status: 401 Unauthorized'" did not complete successfully: exit code: 1`:                      "",
		`failed to solve: rpc error: code = Unknown desc = executor failed running [/bin/sh -c echo 'unexpected response: 401 Unauthorized']: exit code: 1`: "",
		`failed to solve: failed to compute cache key: "/401 Unauthorized" not found: not found`:                                                            "",
		`failed to solve: r.example/no/such:image: not found`:                                                                                               "",
	} {
		cause, detail, ok := Diagnose(words)
		if cause != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", words, cause, want)
		}
		if ok && detail == "" {
			t.Errorf("%s: no detail", words)
		}
	}
}

func TestTheRegistryInTheEnginesWords(t *testing.T) {
	logins := Logins{{Registry: Registry{Host: "gcr.io"}}, {Registry: Registry{Host: "eu.gcr.io"}}, {Registry: Registry{Host: "docker.io"}}, {Registry: Registry{Host: "r.example:5000"}}}
	for words, want := range map[string]string{
		"Head https://eu.gcr.io/v2/":                       "eu.gcr.io",
		"Head https://registry-1.docker.io/v2/library/a":   "docker.io",
		"docker.io/library/a:1: pull access denied":        "docker.io",
		"Get https://r.example:5000/v2/: no such host":     "r.example:5000",
		"dial tcp: lookup gcr.io on 1.1.1.1: no such host": "gcr.io",
		"unexpected response: 401 Unauthorized":            "",
	} {
		if got, ok := logins.In(words); got.Host != want || ok != (want != "") {
			t.Errorf("%s: %q", words, got.Host)
		}
	}
}

func TestAnonymousRefusalAsksForALogin(t *testing.T) {
	anonymous := Login{Registry: Registry{Host: "r.example"}, Method: None}
	text := anonymous.Refused(Unauthorized, "401 Unauthorized", "").Error()
	if want := "pull from r.example anonymously: 401 Unauthorized: " + string(NoLogin); text != want {
		t.Errorf("%q, want %q", text, want)
	}
	pod := Login{Registry: Registry{Host: "gcr.io"}, Method: GCR}
	if text := pod.Refused(Forbidden, "403", "a@b").Error(); !strings.Contains(text, "gcr.io as a@b through docker-credential-gcr: 403: "+string(Forbidden)) {
		t.Errorf("%q", text)
	}
}

// statusRegistry answers everything but the ping's challenge with one status.
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
			var refusal *Refusal
			if errors.As(err, &refusal) != (c.want != "") || refusal != nil && (refusal.Cause != c.want || !refusal.Push || refusal.Host != host) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckPushKnowsNothingOfOthersLogins(t *testing.T) {
	host := statusRegistry(t, http.StatusUnauthorized, "")
	for _, m := range []Method{None, Secret, GCR, Gcloud, google} {
		if accepted, err := (Logins{{Registry: Registry{host, true}, Method: m}}).CheckPush(t.Context(), host+"/a/b:1", Trust{}); err != nil || accepted != "" {
			t.Errorf("%s: %v", m, err)
		}
	}
	local := Logins{{Registry: Registry{"127.0.0.1:1", true}, Method: Local, Credential: Credential{User: "bob", password: seal(password)}}}
	if accepted, err := local.CheckPush(t.Context(), "127.0.0.1:1/a/b:1", Trust{}); err != nil || accepted != "" {
		t.Errorf("a registry out of reach: %v", err)
	}
}

func TestNoLoginIsSentInTheClear(t *testing.T) {
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

func TestCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	file := append([]byte("a comment\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), pemOf(server.Certificate().Raw)...)
	got, err := Certificates(file)
	if err != nil || strings.Contains(string(got), "PRIVATE") || !strings.Contains(string(got), "BEGIN CERTIFICATE") {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := Certificates([]byte(bad)); err == nil {
			t.Errorf("%q is taken for certificates", bad)
		}
	}
}
