package registryauth

import (
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/google"
)

func TestDiagnose(t *testing.T) {
	for message, want := range map[string]Cause{
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
		`unexpected response: 404 Not Found`:                                            NoRepository,
		`failed to solve: failed to load cache key: r.example/no/such:image: not found`: NotFound,
		// About the build.
		`failed to solve: rpc error: code = Unknown desc = executor failed running [/bin/sh -c echo 'unexpected response: 401 Unauthorized']: exit code: 1`: "",
		`failed to solve: failed to compute cache key: "/401 Unauthorized" not found: not found`:                                                            "",
		`failed to solve: r.example/no/such:image: not found`:                                                                                               "",
	} {
		t.Run(message, func(t *testing.T) {
			cause, detail, ok := Diagnose(message)
			if cause != want || ok != (want != "") {
				t.Errorf("%q, want %q", cause, want)
			}
			if ok && detail == "" {
				t.Error("no detail")
			}
		})
	}
}

func TestLoginInMessage(t *testing.T) {
	logins := Logins{{Registry: Registry{Host: "gcr.io"}}, {Registry: Registry{Host: "eu.gcr.io"}}, {Registry: Registry{Host: "docker.io"}}, {Registry: Registry{Host: "r.example:5000"}}}
	for message, want := range map[string]string{
		"Head https://eu.gcr.io/v2/":                       "eu.gcr.io",
		"Head https://registry-1.docker.io/v2/library/a":   "docker.io",
		"docker.io/library/a:1: pull access denied":        "docker.io",
		"Get https://r.example:5000/v2/: no such host":     "r.example:5000",
		"dial tcp: lookup gcr.io on 1.1.1.1: no such host": "gcr.io",
		"unexpected response: 401 Unauthorized":            "",
	} {
		t.Run(message, func(t *testing.T) {
			if got, ok := logins.In(message); got.Host != want || ok != (want != "") {
				t.Errorf("%q", got.Host)
			}
		})
	}
}

func TestRefusedText(t *testing.T) {
	anonymous := Login{Registry: Registry{Host: "r.example"}, Method: None}
	text := anonymous.Refused(Unauthorized, "401 Unauthorized", "").Error()
	if want := "pull from r.example anonymously: 401 Unauthorized: " + string(NoLogin); text != want {
		t.Errorf("%q, want %q", text, want)
	}
	pod := Login{Registry: Registry{Host: "gcr.io"}, Method: google.GCR}
	if text := pod.Refused(Forbidden, "403", "a@b").Error(); !strings.Contains(text, "gcr.io as a@b through docker-credential-gcr: 403: "+string(Forbidden)) {
		t.Errorf("%q", text)
	}
}
