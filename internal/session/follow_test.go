package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestFollow(t *testing.T) {
	runInShells(t, shellTests{
		"the log resumes at the byte": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log bytes.Buffer
			s, ctx := p.session(&log, func(s *Session) {
				honest, calls := s.run, 0
				s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
					if argv[2] == "follow" && calls < 5 {
						calls++
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, time.Duration(calls)*130*time.Millisecond)
						defer cancel()
					}
					return honest(ctx, argv, st)
				}
			})
			if _, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.2; done"))); err != nil {
				t.Fatal(err)
			}
			var want strings.Builder
			for i := range 10 {
				fmt.Fprintf(&want, "line %d\n", i+1)
			}
			if log.String() != want.String() {
				t.Errorf("log %q", log.String())
			}
		},
	})
}

// TestFollowAfterAComplaint resumes after a connection that had no more than what a shell says of a supervisor that is not there yet.
func TestFollowAfterAComplaint(t *testing.T) {
	var heard []string
	s := New(nil, 0, Handlers{Engine: func(answer string) error { heard = append(heard, answer); return nil }})
	log := &transcript{Session: s, log: io.Discard}
	for _, received := range []string{"sh: 0: cannot open /run/kubectl-img/supervisor: No such file\n", "alive\nengine one\nheld by\n", "engine one\nalive\nheld by\nengine two\n"} {
		stream := log.open(func() {}, func() {})
		if _, err := stream.stderr().Write([]byte(received)); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(heard, ", "); got != "one, two" {
		t.Errorf("heard %s", got)
	}
}
