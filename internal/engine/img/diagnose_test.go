package img

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

func TestDiagnose(t *testing.T) {
	for words, want := range map[string]registryauth.Cause{
		`unexpected response: 401 Unauthorized`: registryauth.Unauthorized,
		`unexpected response: 403 Forbidden`:    registryauth.Forbidden,
		`failed to solve: rpc error: code = Unknown desc = docker.io/a/b: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`: registryauth.Unauthorized,
		`failed to do request: Head https://r.example/v2/: dial tcp: lookup r.example on 10.96.0.10:53: no such host`:                                                                                           registryauth.UnknownHost,
		`failed to do request: Head https://r.example/v2/: x509: certificate signed by unknown authority`:                                                                                                       registryauth.BadCertificate,
		`failed to do request: Head https://r.example/v2/: x509: certificate has expired or is not yet valid`:                                                                                                   registryauth.BadCertificate,
		`failed to do request: Head https://r.example/v2/: dial tcp 10.0.0.1:443: connect: connection refused`:                                                                                                  registryauth.Unreachable,
		`failed to do request: Head https://r.example/v2/: http: server gave HTTP response to HTTPS client`:                                                                                                     registryauth.PlainHTTP,
		`failed to authorize: rpc error: code = Unknown desc = error getting credentials - err: exec: "docker-credential-gcr": executable file not found in $PATH, out: `:                                       registryauth.HelperMissing,
		`failed to authorize: rpc error: code = Unknown desc = error getting credentials - err: exit status 1, out: `:                                                                                           registryauth.HelperFailed,
		`failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`:                                                                                                                    registryauth.Forbidden,
		`unexpected response: 401 Unauthorized: token has expired`:                                                                                                                                              registryauth.Expired,
		`unexpected response: 429 Too Many Requests`:                                                                                                                                                            registryauth.Limited,
		`failed to solve: failed to load cache key: unexpected status code [manifests 1]: 429 Too Many Requests`:                                                                                                registryauth.Limited,
		`failed to solve: failed to load cache key: unexpected status code [manifests 1]: 503 Service Unavailable`:                                                                                              registryauth.ServerError,
		`failed commit on ref "manifest-sha256:5f81": unexpected status: 500 Internal Server Error`:                                                                                                             registryauth.ServerError,
		`unexpected response: 507 Insufficient Storage`:                                                                                                                                                         registryauth.ServerError,
		`unexpected response: 504 Gateway Timeout`:                                                                                                                                                              registryauth.TimedOut,
		`failed to do request: Head https://r.example/v2/: dial tcp 10.0.0.1:443: i/o timeout`:                                                                                                                  registryauth.TimedOut,
		`failed to do request: Head https://r.example/v2/: net/http: TLS handshake timeout`:                                                                                                                     registryauth.TimedOut,
		`failed to solve: failed to load cache key: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r.example/v2/busybox/blobs/sha256:d8": EOF`:                               registryauth.Broken,
		`failed to do request: Put "https://r.example/v2/": write: connection reset by peer`:                                                                                                                    registryauth.Broken,
		`failed commit on ref "manifest-sha256:5f81": no response`:                                                                                                                                              registryauth.Broken,
		`failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://10.0.0.1:34031/v2/a/blobs/sha256:401": stream error: stream ID 3; INTERNAL_ERROR; received from peer`:                registryauth.Broken,
		`failed commit on ref "manifest-sha256:5f81": pipe error before commit: failed to do request: Put "https://r.example/v2/": use of closed network connection`:                                            registryauth.Broken,
		`failed to copy: failed to do request: Put "https://r.example/v2/a/blobs/uploads/0a": cannot reuse body, request must be retried`:                                                                       registryauth.Broken,
		`unexpected response: 404 Not Found`:                                                                                              registryauth.NoRepository,
		`failed to solve: failed to load cache key: r.example/no/such:image: not found`:                                                   registryauth.NotFound,
		`failed to solve: r.example/no/such:1: failed to resolve source metadata for r.example/no/such:1: r.example/no/such:1: not found`: registryauth.NotFound,
		`unexpected status from POST request to https://r.example/v2/e/blobs/uploads/: 404 Not Found`:                                     registryauth.NoRepository,
		`failed to solve: process "/bin/sh -c echo 'unexpected status: 401 Unauthorized'" did not complete successfully: exit code: 1`:    "",
		// What a build says of itself.
		`failed to solve: rpc error: code = Unknown desc = executor failed running [/bin/sh -c echo 'unexpected response: 401 Unauthorized']: exit code: 1`: "",
		`failed to solve: failed to compute cache key: "/401 Unauthorized" not found: not found`:                                                            "",
		`failed to solve: r.example/no/such:image: not found`:                                                                                               "",
	} {
		d := Img{}.Diagnose(words)
		if d.Registry != want {
			t.Errorf("%s: %q, want %q", words, d.Registry, want)
		}
		if want != "" && d.Detail == "" {
			t.Errorf("%s: no detail", words)
		}
	}
}

func TestDiagnoseFrontend(t *testing.T) {
	const line = "frontend r.example/frontend:1 is not allowed: want docker/dockerfile or r.example/frontend:2"
	const allowed = "docker/dockerfile or r.example/frontend:2"
	for words, want := range map[string]engine.Diagnosis{
		"Error: failed to solve: " + line: {Text: "failed to solve: " + line, Frontend: "r.example/frontend:1", Allowed: allowed},
		"Error: failed to solve: failed with build-arg:BUILDKIT_SYNTAX = r.example/frontend:1: " + line: {
			Text: "failed to solve: failed with build-arg:BUILDKIT_SYNTAX = r.example/frontend:1: " + line, Frontend: "r.example/frontend:1", Allowed: allowed,
		},
		`failed to solve: process "/bin/sh -c echo 'frontend x is not allowed: want y'" did not complete successfully: exit code: 1`: {
			Text: `process "/bin/sh -c echo 'frontend x is not allowed: want y'" did not complete successfully: exit code: 1`,
		},
		line: {Text: line},
		`failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: "/nofile": not found`: {Text: `"/nofile": not found`},
	} {
		if diff := cmp.Diff(want, Img{}.Diagnose(words)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", words, diff)
		}
	}
}

// TestDiagnoseMissingFlag reads what the engine says of what a build requires and nobody gave: a secret, a key, a second container for build steps.
func TestDiagnoseMissingFlag(t *testing.T) {
	for words, want := range map[string]string{
		"Error: failed to solve: secret token: not found":                                            "--secret id=token,src=FILE",
		"Error: failed to solve: secret my.id-1: not found: not found":                               "--secret id=my.id-1,src=FILE",
		`Error: failed to solve: no SSH key "default" forwarded from the client`:                     "--ssh default=FILE, with a private key",
		`failed to solve: failed to load cache key: no SSH key "git" forwarded from the client`:      "--ssh git=FILE, with a private key",
		`failed to solve: process "secret x: not found" did not complete successfully: exit code: 1`: "",
		"failed to solve: failed to read dockerfile: failed to load cache key: git error: fatal: could not read Username for 'https://github.com': terminal prompts disabled: exit status 128": "--secret id=GIT_AUTH_TOKEN,env=NAME",
		"secret token: not found": "",
		`failed to solve: process "sh" did not complete successfully: the Dockerfile's frontend takes the pod's only container for build steps, and waits for a build step: the pod needs one more`: "--slots 2",
	} {
		if got := (Img{}).Diagnose(words); got.Flag != want || got.Registry != "" {
			t.Errorf("%s: %+v, want the flag %q", words, got, want)
		}
	}
}
