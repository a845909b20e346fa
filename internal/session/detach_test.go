package session

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestADetachedBuildNeedsNoClient(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell, "LEASH_GRACE=2")
		ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
		s := New(p.run, 2*time.Second, Notes{})
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			s.Follow(ctx, &bytes.Buffer{})
		}()
		if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "sleep 6; echo done")), nothing); err != nil {
			t.Fatal(err)
		}
		if err := s.Detach(ctx); err != nil {
			t.Fatal(err)
		}
		leave()
		<-gone
		select {
		case <-p.ended:
			t.Fatal("ended with its client: " + p.read("termination"))
		case <-time.After(4 * time.Second):
		}
		var log bytes.Buffer
		again, ctx := p.session(&log)
		if _, err := outcome(t, ctx, again); err != nil || log.String() != "done\n" {
			t.Errorf("%v, log %q", err, log.String())
		}
	})
}

// A build that was detached and is done waits for a client no longer than any other.
func TestADetachedBuildEndsByItself(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell, "LEASH_GRACE=2")
		ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
		defer leave()
		s := New(p.run, 2*time.Second, Notes{})
		go s.Follow(ctx, &bytes.Buffer{})
		if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "sleep 1")), nothing); err != nil {
			t.Fatal(err)
		}
		if err := s.Detach(ctx); err != nil {
			t.Fatal(err)
		}
		leave()
		select {
		case <-p.ended:
		case <-time.After(15 * time.Second):
			t.Fatal("still running")
		}
		if r, err := ParseResult(p.read("termination")); err != nil {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestACacheVolumeIsForOneBuildAtATime(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		first := startPod(t, shell, "CACHE_WAIT=true")
		var log bytes.Buffer
		s, ctx := first.session(&log)
		<-s.Connected()
		state := "STATE=" + first.path("state")

		held := make(chan string, 1)
		waits := startPod(t, shell, state, "CACHE_WAIT=true")
		w, ctx2 := waits.session(&bytes.Buffer{}, func(s *Session) { s.notes.Held = func(by string) { held <- by } })
		select {
		case <-held:
		case <-ctx2.Done():
			t.Fatal("nothing is said of the lock")
		}

		fails := startPod(t, shell, state, "CACHE_WAIT=false")
		f, ctx3 := fails.session(&bytes.Buffer{})
		var failed *JobError
		if _, err := outcome(t, ctx3, f); !errors.As(err, &failed) || failed.Phase != "cache" || strings.TrimSpace(failed.Message) == "" {
			t.Errorf("%v", err)
		}

		if err := s.Upload(ctx, first.job(nil, sh(engine.PhaseBuild, ":")), nothing); err != nil {
			t.Fatal(err)
		}
		if _, err := outcome(t, ctx, s); err != nil {
			t.Fatal(err)
		}
		kill(first.supervisor)
		if err := w.Upload(ctx2, waits.job(nil, sh(engine.PhaseBuild, ":")), nothing); err != nil {
			t.Fatal(err)
		}
		if _, err := outcome(t, ctx2, w); err != nil {
			t.Error(err)
		}
	})
}
