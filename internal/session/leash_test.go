package session

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestLeash(t *testing.T) {
	runInShells(t, shellTests{
		"the supervisor ends without a client": func(t *testing.T, shell []string) {
			p := startPod(t, shell, "LEASH_GRACE=1")
			select {
			case <-p.ended:
			case <-time.After(10 * time.Second):
				t.Fatal("still running")
			}
			var failed *JobError
			if _, err := ParseResult(p.read("termination")); !errors.As(err, &failed) || failed.Phase != "abandoned" {
				t.Errorf("termination message %q", p.read("termination"))
			}
		},
	})
}

func TestRelease(t *testing.T) {
	runInShells(t, shellTests{
		"the supervisor ends in every state": func(t *testing.T, shell []string) {
			for _, when := range []string{"waiting", "building", "done"} {
				p := startPod(t, shell)
				var log bytes.Buffer
				s, ctx := p.session(&log)
				if when != "waiting" {
					script := map[string]string{"building": "sleep 20", "done": ":"}[when]
					if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, script)), ignoreProgress); err != nil {
						t.Fatal(err)
					}
				} else {
					<-s.connected
				}
				if when == "done" {
					if _, err := outcome(t, ctx, s); err != nil {
						t.Fatal(err)
					}
				}
				start := time.Now()
				s.Release()
				select {
				case <-p.ended:
				case <-time.After(5 * time.Second):
					t.Fatalf("%s: still running", when)
				}
				if took := time.Since(start); took > 4*time.Second {
					t.Errorf("%s: ended only after %s", when, took)
				}
			}
		},
	})
}
