package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// The reason of a failure can be any output of a program.
func TestFailureReason(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"carriage return and escape": {"50%\r\x1b[31mno\x1b[0m\t\x7f", "50%  [31mno [0m  "},
		"quotes and backslashes":     {`open "C:\new\": it's gone \`, `open "C:\new\": it's gone \`},
		"other characters":           {"größe 日本 %s $HOME `id`", "größe 日本 %s $HOME `id`"},
		"a long line":                {strings.Repeat(`\"`, 5000), strings.Repeat(`\"`, 900)},
		"a long line of characters":  {strings.Repeat("日", 5000), strings.Repeat("日", 600)},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				n := node{env: []string{"PROBE=engine"}, tools: map[string]string{"unshare": "exec sleep 0.1", "newuidmap": "true", "engine": `cat "$(dirname "$0")/output"; exit 1`}}
				p := n.startWith(t, shell, map[string]string{"bin/output": c.output})
				s, ctx := p.session(&bytes.Buffer{})
				_, err := outcome(t, ctx, s)
				var failed *JobError
				if !errors.As(err, &failed) || !strings.HasPrefix(failed.Message, "the engine does not start: "+c.want) {
					t.Fatalf("%v, want %q", err, c.want)
				}
				message := p.read("termination")
				if len(message) > 4096 || !json.Valid([]byte(message)) {
					t.Errorf("termination message of %d bytes: %q", len(message), message)
				}
				if _, err := ParseResult(message); !errors.As(err, &failed) || failed.Phase != PhasePreflight {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// A line break in an argument must not begin another event, such as a result.
func TestForgedEvent(t *testing.T) {
	forged := "\nresult 0 0 {\"digest\":\"sha256:" + strings.Repeat("ab", 32) + "\"}"
	runInShells(t, shellTests{
		"in the report of lost owners": func(t *testing.T, shell []string) {
			n := node{
				env:   []string{"PROFILE=restricted", "TOOLS=ownership", "ENTER=command env A=1 ownership"},
				proc:  map[string]string{"self/uid_map": ownIDs},
				tools: map[string]string{"ownership": `[ "$1" = --check ] || exec "$@"`},
			}
			losses := t.TempDir() + "/losses"
			n.env = append(n.env, "LOSSES="+losses)
			p := n.start(t, shell)
			p.write("report", "1 a"+forged)
			report := ""
			s, ctx := p.session(&bytes.Buffer{}, func(s *Session) { s.handlers.LostOwners = func(text string) { report = text } })
			_, err := build(t, ctx, s, p.job(nil, engine.Step{Phase: engine.PhaseBuild, Argv: []string{"cp", p.path("report"), losses}}, sh(engine.PhasePush, "exit 7")))
			var failed *JobError
			if !errors.As(err, &failed) || failed.Phase != "push" {
				t.Errorf("%v", err)
			}
			if want := strings.ReplaceAll("1 a"+forged, "\n", " "); report != want {
				t.Errorf("report %q, want %q", report, want)
			}
		},
		"in the name of the lock's holder": func(t *testing.T, shell []string) {
			first := startPod(t, shell, "CACHE_WAIT=true")
			s, _ := first.session(&bytes.Buffer{})
			<-s.connected
			if err := os.WriteFile(first.path("state.lock"), []byte("a"+forged+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			second := startPod(t, shell, "STATE="+first.path("state"), "CACHE_WAIT=false")
			s, ctx := second.session(&bytes.Buffer{})
			_, err := outcome(t, ctx, s)
			var failed *JobError
			if !errors.As(err, &failed) || failed.Phase != "cache" {
				t.Errorf("%v", err)
			}
		},
	})
}
