package session

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestDetach(t *testing.T) {
	runInShells(t, shellTests{
		"the build continues without a client": func(t *testing.T, shell []string) {
			p := startPod(t, shell, "LEASH_GRACE=2")
			ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
			s := New(p.run, 2*time.Second, Handlers{})
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				s.Follow(ctx, &bytes.Buffer{})
			}()
			if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "sleep 6; echo done")), ignoreProgress); err != nil {
				t.Fatal(err)
			}
			if err := s.Detach(ctx); err != nil {
				t.Fatal(err)
			}
			leave()
			<-gone
			select {
			case <-p.ended:
				t.Fatal("the build ended with its client: " + p.read("termination"))
			case <-time.After(4 * time.Second):
			}
			var log bytes.Buffer
			again, ctx := p.session(&log)
			if _, err := outcome(t, ctx, again); err != nil || log.String() != "done\n" {
				t.Errorf("%v, log %q", err, log.String())
			}
		},
		"the pod ends after the build and the grace period": func(t *testing.T, shell []string) {
			p := startPod(t, shell, "LEASH_GRACE=2")
			ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
			defer leave()
			s := New(p.run, 2*time.Second, Handlers{})
			go s.Follow(ctx, &bytes.Buffer{})
			if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "sleep 1")), ignoreProgress); err != nil {
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
		},
		"the pod ends although the client detaches after the job": func(t *testing.T, shell []string) {
			p := startPod(t, shell, "LEASH_GRACE=2")
			ctx, leave := context.WithTimeout(t.Context(), 30*time.Second)
			defer leave()
			s := New(p.run, 2*time.Second, Handlers{})
			go s.Follow(ctx, &bytes.Buffer{})
			if _, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, "true"))); err != nil {
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
		},
	})
}
