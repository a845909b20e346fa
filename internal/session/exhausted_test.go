package session

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestExhausted(t *testing.T) {
	for file, c := range map[string]struct {
		before, after, output string
		resource              Resource
	}{
		"memory.events":             {"low 0\noom 0\noom_kill 0\n", "low 0\noom 1\noom_kill 1\n", "", Memory},
		"memory/memory.oom_control": {"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n", "", Memory},
		"unchanged":                 {"", "", "", ""},
		"memory.events.local":       {"", "", "cp: write error: No space left on device", Disk},
	} {
		t.Run(file, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := newPod(t, shell)
				if err := os.MkdirAll(p.path("cgroup/memory"), 0o700); err != nil {
					t.Fatal(err)
				}
				p.write("cgroup/"+file, c.before)
				p.start()
				var log bytes.Buffer
				s, ctx := p.session(&log)
				script := "printf '" + c.after + "' >" + p.path("cgroup/"+file) + "; echo '" + c.output + "'; exit 1"
				var failed *JobError
				if _, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, script))); !errors.As(err, &failed) || failed.Exhausted != c.resource {
					t.Errorf("%v, resource %q, want %q", err, failed.Exhausted, c.resource)
				}
			})
		})
	}
}
