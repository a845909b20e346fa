package buildcontext

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A link in the context must not choose a file outside, because the engine prints what it can't parse.
func TestFromDirLink(t *testing.T) {
	for name, tc := range map[string]struct {
		links      map[string]string // below the test's directory; ROOT stands for it
		dir        string            // ctx if empty
		dockerfile string
		want       string // content of the Dockerfile; empty for errEscapes
	}{
		"Dockerfile leads out":                        {links: map[string]string{"ctx/Dockerfile": "../secret"}},
		"Dockerfile leads out by an absolute path":    {links: map[string]string{"ctx/Dockerfile": "ROOT/secret"}},
		"Dockerfile leads out through another link":   {links: map[string]string{"ctx/Dockerfile": "sub/next", "ctx/sub/next": "../../secret"}},
		"Dockerfile leads out through a directory":    {links: map[string]string{"ctx/Dockerfile": "up/secret", "ctx/up": ".."}},
		"dockerfile leads out":                        {links: map[string]string{"ctx/dockerfile": "../secret"}},
		"-f leads out":                                {links: map[string]string{"ctx/prod": "../secret"}, dockerfile: "ctx/prod"},
		"-f leads out of a directory":                 {links: map[string]string{"ctx/up": ".."}, dockerfile: "ctx/up/secret"},
		"-f leads out, by way of a link to ctx":       {links: map[string]string{"ctx/prod": "../secret", "way": "ctx"}, dockerfile: "way/prod"},
		"-f leads out, and the context is a link":     {links: map[string]string{"ctx/prod": "../secret", "way": "ctx"}, dir: "way", dockerfile: "ctx/prod"},
		".dockerignore leads out":                     {links: map[string]string{"ctx/.dockerignore": "../secret"}, dockerfile: "ctx/file"},
		".dockerignore of the Dockerfile leads out":   {links: map[string]string{"ctx/file.dockerignore": "../secret"}, dockerfile: "ctx/file"},
		"Dockerfile stays in the context":             {links: map[string]string{"ctx/Dockerfile": "sub/../file"}, want: "FROM file"},
		"Dockerfile stays, by an absolute path":       {links: map[string]string{"ctx/Dockerfile": "ROOT/ctx/file"}, want: "FROM file"},
		"Dockerfile stays, and the context is a link": {links: map[string]string{"ctx/Dockerfile": "ROOT/ctx/file", "way": "ctx"}, dir: "way", want: "FROM file"},
		"-f is outside, and a link":                   {links: map[string]string{"own": "other/own"}, dockerfile: "own", want: "FROM own"},
	} {
		t.Run(name, func(t *testing.T) {
			root := writeTree(t, "ctx/file=FROM file", "ctx/sub/", "secret=FROM secret", "other/own=FROM own")
			for link, target := range tc.links {
				must(t, os.Symlink(strings.Replace(target, "ROOT", root, 1), filepath.Join(root, link)))
			}
			t.Chdir(root)
			dir := tc.dir
			if dir == "" {
				dir = "ctx"
			}
			c, err := FromDir(dir, tc.dockerfile, nil)
			if tc.want == "" {
				if !errors.Is(err, errEscapes) {
					t.Errorf("got %v, want %v", err, errEscapes)
				}
				return
			}
			must(t, err)
			if string(c.Dockerfile()) != tc.want {
				t.Errorf("Dockerfile %q, want %q", c.Dockerfile(), tc.want)
			}
		})
	}
}
