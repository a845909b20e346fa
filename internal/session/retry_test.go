package session

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// failingStep prints output and fails until it has run as often as enough says.
func failingStep(p *pod, enough, output string) engine.Step {
	return sh(engine.PhasePush, "echo x >>"+p.path("tries")+"; [ $(wc -l <"+p.path("tries")+") -ge "+enough+" ] && exit; echo '"+output+"' >&2; echo; exit 4")
}

func (p *pod) tries() int { return strings.Count(p.read("tries"), "x") }

func TestRetry(t *testing.T) {
	for name, output := range map[string]string{
		"429":                    "Error: failed to solve: failed to load cache key: unexpected status code [manifests 1]: 429 Too Many Requests",
		"503":                    "Error: unexpected response: 503 Service Unavailable",
		"500":                    `Error: failed commit on ref "manifest-sha256:5f": unexpected status: 500 Internal Server Error`,
		"end of file":            `Error: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r/v2/b": EOF`,
		"no response":            `Error: failed commit on ref "manifest-sha256:5f": no response`,
		"connection reset":       `Error: failed to do request: Put "https://r/v2/b": write tcp 10.0.0.1:1->10.0.0.2:2: write: connection reset by peer`,
		"body can't be sent yet": `Error: failed to copy: failed to do request: Put "https://r/v2/b": cannot reuse body, request must be retried`,
		"stream error":           `Error: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r/v2/b": stream error: stream ID 3; INTERNAL_ERROR; received from peer`,
		"connection refused":     `Error: failed to do request: Head "https://r/v2/b": dial tcp 10.0.0.1:5000: connect: connection refused`,
	} {
		t.Run("temporary/"+name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
				var log bytes.Buffer
				s, ctx := p.session(&log)
				if _, err := build(t, ctx, s, p.job(nil, failingStep(p, "3", output))); err != nil {
					t.Errorf("%v, log %q", err, log.String())
				}
				if n := strings.Count(log.String(), "trying again: "+output); n != 2 {
					t.Errorf("the log has %d further tries:\n%s", n, log.String())
				}
			})
		})
	}
	for name, output := range map[string]string{
		"a RUN step":        "Error: failed to solve: executor failed running [/bin/sh -c curl https://r]: failed to do request: EOF",
		"401":               "Error: unexpected response: 401 Unauthorized",
		"404":               "Error: unexpected response: 404 Not Found",
		"no such host":      "Error: failed to do request: Head https://r/v2/: dial tcp: lookup r on 10.96.0.10:53: no such host",
		"unknown authority": "Error: failed to do request: Head https://r/v2/: x509: certificate signed by unknown authority",
		"not the engine":    "connection reset by peer",
	} {
		t.Run("permanent/"+name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
				var log bytes.Buffer
				s, ctx := p.session(&log)
				if _, err := build(t, ctx, s, p.job(nil, failingStep(p, "9", output))); err == nil || p.tries() != 1 {
					t.Errorf("%v after %d tries", err, p.tries())
				}
			})
		})
	}
	runInShells(t, shellTests{
		"after the last pause the step fails": func(t *testing.T, shell []string) {
			p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
			var log bytes.Buffer
			s, ctx := p.session(&log)
			_, err := build(t, ctx, s, p.job(nil, failingStep(p, "9", "Error: unexpected response: 503 Service Unavailable")))
			var failed *JobError
			if !errors.As(err, &failed) || failed.Phase != "push" || failed.Code != 4 {
				t.Errorf("%v", err)
			}
			if p.tries() != 3 {
				t.Errorf("%d tries", p.tries())
			}
		},
	})
}
