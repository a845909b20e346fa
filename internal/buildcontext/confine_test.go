package buildcontext

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A link must not choose a file outside the directory in which it is, because the engine and the plugin print what they can't parse.
func TestFromDirLink(t *testing.T) {
	for name, tc := range map[string]struct {
		links      map[string]string // below the test's directory; ROOT stands for it
		dir        string            // ctx if empty
		dockerfile string
		want       string // content of the Dockerfile; empty for an error
		err        error  // errEscapes if nil
	}{
		"Dockerfile leads out":                             {links: map[string]string{"ctx/Dockerfile": "../secret"}},
		"Dockerfile leads out by an absolute path":         {links: map[string]string{"ctx/Dockerfile": "ROOT/secret"}},
		"Dockerfile leads out through another link":        {links: map[string]string{"ctx/Dockerfile": "sub/next", "ctx/sub/next": "../../secret"}},
		"Dockerfile leads out through a directory":         {links: map[string]string{"ctx/Dockerfile": "up/secret", "ctx/up": ".."}},
		"dockerfile leads out":                             {links: map[string]string{"ctx/dockerfile": "../secret"}},
		"-f leads out":                                     {links: map[string]string{"ctx/prod": "../secret"}, dockerfile: "ctx/prod"},
		"-f leads out of a directory":                      {links: map[string]string{"ctx/up": ".."}, dockerfile: "ctx/up/secret"},
		"-f leads out, by way of a link to ctx":            {links: map[string]string{"ctx/prod": "../secret", "way": "ctx"}, dockerfile: "way/prod"},
		"-f leads out, and the context is a link":          {links: map[string]string{"ctx/prod": "../secret", "way": "ctx"}, dir: "way", dockerfile: "ctx/prod"},
		".dockerignore leads out":                          {links: map[string]string{"ctx/.dockerignore": "../secret"}, dockerfile: "ctx/file"},
		".dockerignore of the Dockerfile leads out":        {links: map[string]string{"ctx/file.dockerignore": "../secret"}, dockerfile: "ctx/file"},
		"Dockerfile stays in the context":                  {links: map[string]string{"ctx/Dockerfile": "sub/../file"}, want: "FROM file"},
		"Dockerfile stays, by an absolute path":            {links: map[string]string{"ctx/Dockerfile": "ROOT/ctx/file"}, want: "FROM file"},
		"Dockerfile stays, and the context is a link":      {links: map[string]string{"ctx/Dockerfile": "ROOT/ctx/file", "way": "ctx"}, dir: "way", want: "FROM file"},
		"-f is outside, and a link":                        {links: map[string]string{"own": "other/own"}, dockerfile: "own", want: "FROM own"},
		"-f is outside, by an absolute link":               {links: map[string]string{"own": "ROOT/other/own"}, dockerfile: "own", want: "FROM own"},
		"-f is outside, in a directory that is a link":     {links: map[string]string{"way": "other"}, dockerfile: "way/own", want: "FROM own"},
		"-f is outside, and leads out of its directory":    {links: map[string]string{"other/prod": "../secret"}, dockerfile: "other/prod", err: errLeavesDirectory},
		"-f is outside, and leads out by an absolute path": {links: map[string]string{"other/prod": "ROOT/secret"}, dockerfile: "other/prod", err: errLeavesDirectory},
		"-f is outside, and leads out through a directory": {links: map[string]string{"other/prod": "up/secret", "other/up": ".."}, dockerfile: "other/prod", err: errLeavesDirectory},
		"its .dockerignore stays in the directory":         {links: map[string]string{"other/own.dockerignore": "none"}, dockerfile: "other/own", want: "FROM own"},
		"its .dockerignore leads out of the directory":     {links: map[string]string{"other/own.dockerignore": "../secret"}, dockerfile: "other/own", err: errLeavesDirectory},
		"its .dockerignore leads out by an absolute path":  {links: map[string]string{"other/own.dockerignore": "ROOT/secret"}, dockerfile: "other/own", err: errLeavesDirectory},
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
				if want := cmp.Or(tc.err, errEscapes); !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
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
