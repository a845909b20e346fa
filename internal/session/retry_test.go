package session

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// attempts is a step that says words and fails, until it has been run often enough.
func attempts(p *pod, enough string, words string) engine.Step {
	return sh(engine.PhasePush, "echo x >>"+p.path("tries")+"; [ $(wc -l <"+p.path("tries")+") -ge "+enough+" ] && exit; echo '"+words+"' >&2; echo; exit 4")
}

func TestWhatARegistryMayAnswerBetterIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"429":       "Error: failed to solve: failed to load cache key: unexpected status code [manifests 1]: 429 Too Many Requests",
		"503":       "Error: unexpected response: 503 Service Unavailable",
		"500":       `Error: failed commit on ref "manifest-sha256:5f": unexpected status: 500 Internal Server Error`,
		"cut off":   `Error: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r/v2/b": EOF`,
		"no answer": `Error: failed commit on ref "manifest-sha256:5f": no response`,
		"reset":     `Error: failed to do request: Put "https://r/v2/b": write tcp 10.0.0.1:1->10.0.0.2:2: write: connection reset by peer`,
		"cut twice": `Error: failed to copy: failed to do request: Put "https://r/v2/b": cannot reuse body, request must be retried`,
		"http/2":    `Error: failed to copy: httpReaderSeeker: failed open: failed to do request: Get "https://r/v2/b": stream error: stream ID 3; INTERNAL_ERROR; received from peer`,
		"restart":   `Error: failed to do request: Head "https://r/v2/b": dial tcp 10.0.0.1:5000: connect: connection refused`,
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
				var log bytes.Buffer
				s, ctx := p.session(&log)
				if err := s.Upload(ctx, p.job(nil, attempts(p, "3", words)), nothing); err != nil {
					t.Fatal(err)
				}
				if _, err := outcome(t, ctx, s); err != nil {
					t.Errorf("%v, log %q", err, log.String())
				}
				if n := strings.Count(log.String(), "trying again: "+words); n != 2 {
					t.Errorf("told of %d further tries:\n%s", n, log.String())
				}
			})
		})
	}
}

func TestARegistryThatStaysAwayFailsTheStep(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
		var log bytes.Buffer
		s, ctx := p.session(&log)
		if err := s.Upload(ctx, p.job(nil, attempts(p, "9", "Error: unexpected response: 503 Service Unavailable")), nothing); err != nil {
			t.Fatal(err)
		}
		var failed *JobError
		if _, err := outcome(t, ctx, s); !errors.As(err, &failed) || failed.Phase != "push" || failed.Code != 4 {
			t.Errorf("%v", err)
		}
		if tries := p.read("tries"); strings.Count(tries, "x") != 3 {
			t.Errorf("%d tries", strings.Count(tries, "x"))
		}
	})
}

func TestOtherFailuresAreNotTriedAgain(t *testing.T) {
	for _, words := range []string{
		"Error: failed to solve: executor failed running [/bin/sh -c curl https://r]: failed to do request: EOF",
		"Error: unexpected response: 401 Unauthorized",
		"Error: unexpected response: 404 Not Found",
		"Error: failed to do request: Head https://r/v2/: dial tcp: lookup r on 10.96.0.10:53: no such host",
		"Error: failed to do request: Head https://r/v2/: x509: certificate signed by unknown authority",
		"connection reset by peer",
	} {
		eachShell(t, func(t *testing.T, shell []string) {
			p := startPod(t, shell, "RETRY_PAUSES=0.1 0.2")
			var log bytes.Buffer
			s, ctx := p.session(&log)
			if err := s.Upload(ctx, p.job(nil, attempts(p, "9", words)), nothing); err != nil {
				t.Fatal(err)
			}
			if _, err := outcome(t, ctx, s); err == nil || strings.Count(p.read("tries"), "x") != 1 {
				t.Errorf("%s: %v after %d tries", words, err, strings.Count(p.read("tries"), "x"))
			}
		})
	}
}

func TestWhatThePodRanOutOfIsNamed(t *testing.T) {
	for file, c := range map[string]struct {
		before, after, said string
		cause               Cause
	}{
		"memory.events":             {"low 0\noom 0\noom_kill 0\n", "low 0\noom 1\noom_kill 1\n", "", NoMemory},
		"memory/memory.oom_control": {"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n", "", NoMemory},
		"unchanged":                 {"", "", "", ""},
		"memory.events.local":       {"", "", "cp: write error: No space left on device", NoDisk},
	} {
		eachShell(t, func(t *testing.T, shell []string) {
			p := newPod(t, shell)
			if err := os.MkdirAll(p.path("cgroup/memory"), 0o700); err != nil {
				t.Fatal(err)
			}
			p.write("cgroup/"+file, c.before)
			p.start()
			var log bytes.Buffer
			s, ctx := p.session(&log)
			script := "printf '" + c.after + "' >" + p.path("cgroup/"+file) + "; echo '" + c.said + "'; exit 1"
			if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, script)), nothing); err != nil {
				t.Fatal(err)
			}
			var failed *JobError
			if _, err := outcome(t, ctx, s); !errors.As(err, &failed) || failed.Cause != c.cause {
				t.Errorf("%s: %v, cause %q, want %q", file, err, failed.Cause, c.cause)
			}
		})
	}
}
