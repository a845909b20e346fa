package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
)

const pinned = "docker/dockerfile@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestFrontends(t *testing.T) {
	tests := []struct {
		name      string
		lists     []string
		frontend  string
		forbidden string // the end of the error
	}{
		{"no list", nil, "evil/frontend:1", ""},
		{"empty list", []string{""}, "evil/frontend:1", ""},
		{"none", []string{"none"}, "docker/dockerfile:1", "frontend docker/dockerfile:1 is not allowed: want none"},
		{"none in one of two lists", []string{"docker/dockerfile", "none"}, "docker/dockerfile:1", "want none"},
		{"lists that share nothing", []string{"a/b", "c/d"}, "a/b", "want none"},
		{"short name", []string{"docker/dockerfile"}, "docker.io/docker/dockerfile:1.7", ""},
		{"full name", []string{"docker.io/docker/dockerfile"}, "docker/dockerfile", ""},
		{"official image", []string{"dockerfile"}, "docker.io/library/dockerfile:1", ""},
		{"other repository", []string{"docker/dockerfile,registry.example:5000/a"}, "docker/dockerfile-upstream:1", "want docker/dockerfile or registry.example:5000/a"},
		{"other registry", []string{"docker/dockerfile"}, "evil.example/docker/dockerfile:1", "want docker/dockerfile"},
		{"spaces", []string{" a/b , c/d "}, "c/d", ""},
		{"tag", []string{"docker/dockerfile:1"}, "docker/dockerfile:1", ""},
		{"other tag", []string{"docker/dockerfile:1"}, "docker/dockerfile:2", "want docker/dockerfile:1"},
		{"latest by default", []string{"docker/dockerfile:latest"}, "docker/dockerfile", ""},
		{"digest", []string{pinned}, pinned, ""},
		{"digest with a tag", []string{pinned}, strings.Replace(pinned, "@", ":1@", 1), ""},
		{"tag where a digest is wanted", []string{pinned}, "docker/dockerfile:1", "want " + pinned},
		{"repository of a digest", []string{"docker/dockerfile"}, pinned, ""},
		{"the narrower of two", []string{"docker/dockerfile", "docker/dockerfile:1"}, "docker/dockerfile:2", "want docker/dockerfile:1"},
		{"the narrower of two, in the other order", []string{"docker/dockerfile:1", "docker/dockerfile"}, "docker/dockerfile:1", ""},
		{"no name", []string{"none"}, "", `invalid frontend ""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseFrontends(tt.lists...)
			if err != nil {
				t.Fatal(err)
			}
			err = f.check(tt.frontend, nil)
			if tt.forbidden == "" && err != nil || tt.forbidden != "" && (err == nil || !strings.Contains(err.Error(), tt.forbidden)) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestParseFrontendsErrors(t *testing.T) {
	for _, list := range []string{"none,a/b", "A B", ",", "a,", " "} {
		if f, err := ParseFrontends(list); err == nil {
			t.Errorf("%q is accepted as %s", list, f)
		}
	}
}

// countingFrontend counts its calls.
type countingFrontend struct{ calls int }

func (c *countingFrontend) Solve(
	context.Context, frontend.FrontendLLBBridge, executor.Executor, map[string]string, map[string]*pb.Definition, string, *session.Manager,
) (*frontend.Result, error) {
	c.calls++
	return nil, nil
}

func TestCheckedFrontend(t *testing.T) {
	allowed, err := ParseFrontends("a/b")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		opts  map[string]string
		calls int
	}{
		"allowed":                             {map[string]string{"source": "a/b:1", "context:base": "docker-image://x"}, 1},
		"another":                             {map[string]string{"source": "c/d:1"}, 0},
		"replaced by a build context":         {map[string]string{"source": "a/b:1", "context:a/b:1": "docker-image://evil"}, 0},
		"replaced for a platform":             {map[string]string{"source": "a/b:1", "context:a/b:1::linux/amd64": "docker-image://evil"}, 0},
		"replaced under another of its names": {map[string]string{"source": "docker.io/a/b", "context:a/b": "docker-image://evil"}, 0},
		"without a source":                    {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inner := &countingFrontend{}
			_, err := checkedFrontend{inner, allowed}.Solve(t.Context(), nil, nil, tt.opts, nil, "", nil)
			if inner.calls != tt.calls || (err == nil) != (tt.calls == 1) {
				t.Errorf("%d calls, error %v", inner.calls, err)
			}
		})
	}
}
