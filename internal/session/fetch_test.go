package session

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

func TestFetch(t *testing.T) {
	runInShells(t, shellTests{
		"the file is whole, or there is an error": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log, got bytes.Buffer
			s, ctx := p.session(&log)
			content := strings.Repeat("0123456789", 300_000)
			p.write("workspace/output", content)
			if err := s.Fetch(ctx, p.path("workspace/output"), 1<<30, &got); err != nil || got.String() != content {
				t.Errorf("fetched %d bytes, %v", got.Len(), err)
			}
			honest := s.run
			s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
				st.Stdout = &cutter{st.Stdout, 1000}
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				return honest(ctx, argv, st)
			}
			if err := s.Fetch(ctx, p.path("workspace/output"), 1<<30, &got); err == nil {
				t.Error("a cut stream was taken for the whole file")
			}
		},
	})
}
