package session

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestCacheVolume(t *testing.T) {
	runInShells(t, shellTests{
		"one build at a time uses it": func(t *testing.T, shell []string) {
			first := startPod(t, shell, "CACHE_WAIT=true")
			var log bytes.Buffer
			s, ctx := first.session(&log)
			<-s.connected
			state := "STATE=" + first.path("state")

			held := make(chan string, 1)
			waits := startPod(t, shell, state, "CACHE_WAIT=true")
			w, ctx2 := waits.session(&bytes.Buffer{}, func(s *Session) { s.handlers.CacheHeld = func(by string) { held <- by } })
			select {
			case <-held:
			case <-ctx2.Done():
				t.Fatal("no event about the lock")
			}

			fails := startPod(t, shell, state, "CACHE_WAIT=false")
			f, ctx3 := fails.session(&bytes.Buffer{})
			var failed *JobError
			if _, err := outcome(t, ctx3, f); !errors.As(err, &failed) || failed.Phase != "cache" || strings.TrimSpace(failed.Message) == "" {
				t.Errorf("%v", err)
			}

			if _, err := build(t, ctx, s, first.job(nil, sh(engine.PhaseBuild, ":"))); err != nil {
				t.Fatal(err)
			}
			kill(first.supervisor)
			if _, err := build(t, ctx2, w, waits.job(nil, sh(engine.PhaseBuild, ":"))); err != nil {
				t.Error(err)
			}
		},
	})
}
