package session

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// pager is a log whose reader does not read until it is told to.
type pager struct {
	mu      sync.Mutex
	text    bytes.Buffer
	shown   int
	reading bool
	most    int // the largest backlog
}

func (p *pager) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.text.Write(b)
	if p.reading {
		p.shown = p.text.Len()
	}
	p.most = max(p.most, p.text.Len()-p.shown)
	return n, err
}

func (p *pager) Backlog() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Len() - p.shown
}

func (p *pager) read() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading, p.shown = true, p.text.Len()
}

// A user who stops the pager for longer than the grace period loses neither the build nor a byte of its log, and the client does not keep all of the log in
// memory.
func TestFollowWithAStoppedPager(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell, "LEASH_GRACE=3")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		log := &pager{}
		disconnected := make(chan error, 100)
		s := New(p.run, 3*time.Second, Handlers{Disconnected: func(err error) { disconnected <- err }})
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			s.Follow(ctx, log)
		}()
		const lines = 1_000_000
		done := p.path("done")
		output := sh(engine.PhaseBuild, "seq 1000000; sleep 6; seq 3; : >"+done)
		if err := s.Upload(ctx, p.job(nil, output), ignoreProgress); err != nil {
			t.Fatal(err)
		}
		select {
		case o := <-s.Result():
			t.Fatalf("%v, although the log is not shown", o.Err)
		case <-p.ended:
			t.Fatalf("the pod ended: %s", p.read("termination"))
		case <-time.After(12 * time.Second):
		}
		log.read()
		if _, err := outcome(t, ctx, s); err != nil {
			t.Error(err)
		}
		cancel()
		<-followed
		if got := strings.Count(log.text.String(), "\n"); got != lines+3 || !strings.HasSuffix(log.text.String(), "\n1000000\n1\n2\n3\n") {
			t.Errorf("%d lines of log, want %d", got, lines+3)
		}
		if log.most > 2*maxBacklog {
			t.Errorf("kept %d bytes", log.most)
		}
		select {
		case err := <-disconnected:
			t.Errorf("reported as disconnected: %v", err)
		default:
		}
	})
}
