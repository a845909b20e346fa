package session

import (
	"bytes"
	"errors"
	"testing"
)

func TestEngineAnswer(t *testing.T) {
	long := "i=0; while [ $i -lt 9000 ]; do printf x; i=$((i+1)); done"
	for name, c := range map[string]struct{ tool, want string }{
		"JSON":                              {`printf '{"name":"a","abilities":["b"]}\n'`, `{"name":"a","abilities":["b"]}`},
		"a program that knows no such flag": {"echo usage >&2; exit 1", ""},
		"several lines":                     {"echo a; echo 'result 0 0 b'", "a result 0 0 b"},
		"too much":                          {long, string(bytes.Repeat([]byte("x"), 4000))},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := node{env: []string{"ABOUT=engine --about"}, tools: map[string]string{"engine": c.tool}}.start(t, shell)
				got := make(chan string, 1)
				var log bytes.Buffer
				_, _ = p.session(&log, func(s *Session) {
					s.handlers.Engine = func(answer string) error { got <- answer; return nil }
				})
				if answer := <-got; answer != c.want {
					t.Errorf("%q, want %q", answer, c.want)
				}
			})
		})
	}
}

// An engine that can't do what the build asks for gets no part of it.
func TestEngineThatIsRefusedGetsNoUpload(t *testing.T) {
	refusal := errors.New("it lacks a flag")
	eachShell(t, func(t *testing.T, shell []string) {
		p := node{env: []string{"ABOUT=engine"}, tools: map[string]string{"engine": "echo old"}}.start(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log, func(s *Session) { s.handlers.Engine = func(string) error { return refusal } })
		if err := p.refuse(ctx, s); !errors.Is(err, refusal) {
			t.Errorf("%v, want %v", err, refusal)
		}
	})
}
