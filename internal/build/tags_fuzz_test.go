package build

import (
	"strings"
	"testing"

	"github.com/distribution/reference"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// FuzzTag checks that a tag means the same to docker, and that what the digest line shows is the start of what the user typed.
func FuzzTag(f *testing.F) {
	for _, seed := range []string{
		"app", "app:1", "r.example/a", "r.example:5000/team/app:1", "docker.io/a", "index.docker.io/a", "localhost/a", "localhost:5000/a", "a/b", "a.b/c", "a:5/c", "[::1]:5000/a:b", "a__b/c-d.e", "a--b",
		"A/b", "a/B", "a:B", "r.example/library/a", "docker.io/library/a", "registry-1.docker.io/a", "a..b", "a___b", "a:", "/a", "a/", "R.example/a", "a_b.c/d", "-a.b/c", "a:" + strings.Repeat("x", 128), strings.Repeat("a/", 127) + "a",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		tag, err := ParseTag(value)
		if err != nil {
			if strings.ContainsAny(cli.OneLine(err.Error()), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		named, err := reference.ParseNormalizedNamed(value)
		if err != nil {
			t.Fatalf("%q is taken for %q, and docker rejects it: %v", value, tag.Reference, err)
		}
		if want := reference.TagNameOnly(named).String(); tag.Reference != want || tag.Registry != reference.Domain(named) {
			t.Errorf("%q is %q at %q, to docker %q", value, tag.Reference, tag.Registry, want)
		}
		if !strings.HasPrefix(value, tag.Repository) {
			t.Errorf("%q shows as %q", value, tag.Repository)
		}
	})
}
