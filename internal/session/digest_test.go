package session

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// The engine writes the digest itself, or a step of the job asks for it.
func TestDigestOfTheImage(t *testing.T) {
	one, two := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	ask := sh(engine.PhaseDigest, "echo asked >&2; echo name "+two)
	for name, c := range map[string]struct {
		lines []string // that builds add to the listing; the engine is asked after the first build
		want  string
		asked bool
	}{
		"the engine is asked":      {nil, two, true},
		"the engine has said it":   {[]string{one}, one, false},
		"the first image is meant": {[]string{one, two}, one, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell)
				var steps []engine.Step
				for _, line := range c.lines {
					steps = append(steps, sh(engine.PhaseBuild, "echo "+line+" >>"+p.path("run/listing")))
				}
				steps = slices.Insert(steps, min(1, len(steps)), ask)
				var log bytes.Buffer
				s, ctx := p.session(&log)
				if err := s.Upload(ctx, p.job(nil, steps...), ignoreProgress); err != nil {
					t.Fatal(err)
				}
				result, err := outcome(t, ctx, s)
				if err != nil || result.Digest != c.want {
					t.Errorf("%q, %v, want %s", result.Digest, err, c.want)
				}
				if asked := strings.Contains(log.String(), "asked"); asked != c.asked {
					t.Errorf("the engine was asked: %v, want %v", asked, c.asked)
				}
			})
		})
	}
}
