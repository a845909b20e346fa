package buildcontext

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/patternmatcher"
)

func TestIgnoreRules(t *testing.T) {
	tree := []string{"README.md", "README-secret.md", "a/x.go", "a/b/x.go", "a/b/y.txt", "docs/x.md", "tempa", "tempb/f", "Makefile", "empty/"}
	all := "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"
	for _, tc := range []struct{ name, ignore, want string }{
		{"nothing", "", all},
		{"comment", "# a\n#*\n", all},
		{"blank lines", "\n  \n\t\n\n", all},
		{"comment only at the start of a line", " #a\na\n", "Makefile README-secret.md README.md docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"dot matches nothing", ".\n./\n", all},
		{"slash matches nothing", "/\n", all},
		{"byte order mark", "\xef\xbb\xbfa\n", "Makefile README-secret.md README.md docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"carriage returns", "a\r\ndocs\r\n", "Makefile README-secret.md README.md empty/ tempa tempb/ tempb/f"},
		{"leading slash", "/a\n", "Makefile README-secret.md README.md docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"trailing slash", "a/\ntempa/\n", "Makefile README-secret.md README.md docs/ docs/x.md empty/ tempb/ tempb/f"},
		{"cleaned", "./a/../docs/.\n", "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go empty/ tempa tempb/ tempb/f"},
		{"only at the root", "x.go\nb\n", all},
		{"star stays in a component", "*/x.go\n", "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"two stars apart", "*/*/x*\n", "Makefile README-secret.md README.md a/ a/b/ a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"question mark", "temp?\n", "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/"},
		{"question mark is one character", "temp??\n?empa?\n", all},
		{"character class", "temp[a-a]\n", "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempb/ tempb/f"},
		{"escape", "README\\.md\n", "Makefile README-secret.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"any depth", "**/x.go\n", "Makefile README-secret.md README.md a/ a/b/ a/b/y.txt docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"any depth, star", "**/*.md\n", "Makefile a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ empty/ tempa tempb/ tempb/f"},
		{"all below", "a/**\n", "Makefile README-secret.md README.md a/ docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"exception", "*.md\n!README.md\n", "Makefile README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"exception with space", "*.md\n! README.md\n", "Makefile README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"the last match counts", "*.md\n!README*.md\nREADME-secret.md\n", "Makefile README.md a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"an exception last of all", "*.md\nREADME-secret.md\n!README*.md\n", all},
		{"an exception first is void", "!README.md\n*.md\n", "Makefile a/ a/b/ a/b/x.go a/b/y.txt a/x.go docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"only exceptions below an excluded directory", "a\n!a/b/y.txt\n", "Makefile README-secret.md README.md a/ a/b/ a/b/y.txt docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"an excepted directory", "a\n!a/b\n", "Makefile README-secret.md README.md a/ a/b/ a/b/x.go a/b/y.txt docs/ docs/x.md empty/ tempa tempb/ tempb/f"},
		{"everything but", "*\n!a/b/x.go\n!docs\n", "a/ a/b/ a/b/x.go docs/ docs/x.md"},
		{"everything but, any depth", "**\n!**/*.go\n", "a/ a/b/ a/b/x.go a/x.go"},
		{"exception that matches nothing", "*\n!a/none\n!none/**\n", ""},
		{"exception with a star in the middle", "*\n!*/b\n", "a/ a/b/ a/b/x.go a/b/y.txt"},
		{"exception by class", "*\n!a/[b]/x.go\n", "a/ a/b/ a/b/x.go"},
		{"excluded again", "*\n!a\na/b\n", "a/ a/x.go"},
		{"everything", "*\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := writeTree(t, append(tree, ".dockerignore="+tc.ignore)...)
			got := without(namesOf(t, mustFromDir(t, root, "-")), ".dockerignore")
			if diff := cmp.Diff(strings.Fields(tc.want), got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// As in docker, the Dockerfile can be excluded: it is sent beside the context.
func TestExcludedDockerfile(t *testing.T) {
	for _, tc := range []struct{ name, dockerfile, ignore, want string }{
		{"excluded by name", "Dockerfile", "Dockerfile\n.dockerignore\n", "deep/ deep/down/ deep/down/f"},
		{"excluded by star", "Dockerfile", "*\n", ""},
		{"in an excluded directory", "deep/down/f", "**\n", ""},
		{"a directory with exceptions elsewhere", "deep/down/f", "**\n!Dockerfile\n", "Dockerfile"},
		{"not excluded", "Dockerfile", "deep\n", ".dockerignore Dockerfile"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := writeTree(t, "Dockerfile=FROM scratch", "deep/down/f=FROM scratch", ".dockerignore="+tc.ignore)
			c := mustFromDir(t, root, filepath.Join(root, tc.dockerfile))
			if diff := cmp.Diff(strings.Fields(tc.want), namesOf(t, c), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if string(c.Dockerfile()) != "FROM scratch" {
				t.Errorf("Dockerfile %q", c.Dockerfile())
			}
		})
	}
}

func TestIgnoreFileOfDockerfile(t *testing.T) {
	root := writeTree(t, "a", "b", "Dockerfile=FROM scratch", ".dockerignore=a", "Dockerfile.dockerignore=b", "build/Dockerfile=FROM scratch", "build/Dockerfile.dockerignore=*")
	outside := writeTree(t, "Dockerfile=FROM scratch", "Dockerfile.dockerignore=build\na\nb\nDockerfile*\n")
	for _, tc := range []struct{ name, dockerfile, want string }{
		{"default", "", ".dockerignore Dockerfile Dockerfile.dockerignore a build/ build/Dockerfile build/Dockerfile.dockerignore"},
		{"in a directory", filepath.Join(root, "build/Dockerfile"), ""},
		{"outside", filepath.Join(outside, "Dockerfile"), ".dockerignore"},
		{"from stdin", "-", ".dockerignore Dockerfile Dockerfile.dockerignore b build/ build/Dockerfile build/Dockerfile.dockerignore"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustFromDir(t, root, tc.dockerfile)
			if diff := cmp.Diff(strings.Fields(tc.want), namesOf(t, c), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidPattern(t *testing.T) {
	for _, tc := range []struct {
		ignore string
		line   int
	}{
		{"a\n[\n", 2},
		{"# x\n\n!\n", 3},
		{"!a[\n", 1},
		{"ok\n![z-a]\n", 2},
		{"*\n!![z-a]\n", 2},
		{"ok\r\n[z-a]\r\n", 2},
		{`"auth": "hunter2[`, 1},
	} {
		root := writeTree(t, "Dockerfile=FROM scratch", ".dockerignore="+tc.ignore)
		_, err := FromDir(root, "", nil)
		var pe *patternError
		if !errors.As(err, &pe) {
			t.Errorf("%q: got %v, want a patternError", tc.ignore, err)
			continue
		}
		if pe.line != tc.line || pe.file != filepath.Join(root, ".dockerignore") {
			t.Errorf("%q: got %v", tc.ignore, pe)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the file: %v", err)
		}
	}
}

// The walk does not enter excluded directories if it can avoid it. That must not change the result.
func TestPruning(t *testing.T) {
	root := writeTree(t, "a/a/a", "a/a/b", "a/b/a", "a/b/b/a", "a/b/b/b", "b/a/a", "b/a/b", "b/b", "c", "a/c/c/c")
	parts := []string{"a", "b", "c", "*", "**", "?", "[ab]", "[^c]"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var patterns []string
		for range 1 + random.IntN(4) {
			var p []string
			for range 1 + random.IntN(3) {
				p = append(p, parts[random.IntN(len(parts))])
			}
			pattern := strings.Join(p, "/")
			if random.IntN(2) == 0 {
				pattern = "!" + pattern
			}
			patterns = append(patterns, pattern)
		}
		m, err := patternmatcher.New(patterns)
		must(t, err)
		if diff := cmp.Diff(walkAll(t, root, m), walkPruned(t, root, m), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q (-unpruned +pruned):\n%s", patterns, diff)
		}
	}
}

func walkPruned(t *testing.T, root string, m *patternmatcher.PatternMatcher) []string {
	var names []string
	w := &walker{root: root, rules: &ignoreRules{m}, visit: func(n node) error {
		names = append(names, n.path)
		return nil
	}}
	must(t, w.walk(t.Context()))
	return names
}

// walkAll returns the same files, but it enters all directories.
func walkAll(t *testing.T, root string, m *patternmatcher.PatternMatcher) []string {
	matches := map[string]patternmatcher.MatchInfo{}
	wanted := map[string]bool{}
	var names []string
	must(t, filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		must(t, err)
		rel, _ := filepath.Rel(root, file)
		if rel == "." {
			return nil
		}
		names = append(names, rel)
		excluded, info, err := m.MatchesUsingParentResults(rel, matches[filepath.Dir(rel)])
		matches[rel] = info
		for p := rel; !excluded && p != "."; p = filepath.Dir(p) {
			wanted[p] = true
		}
		return err
	}))
	return slices.DeleteFunc(names, func(n string) bool { return !wanted[n] })
}

func TestReachesBelow(t *testing.T) {
	for _, tc := range []struct {
		pattern, dir string
		want         bool
	}{
		{"a/b", "a", true},
		{"a/b", "b", false},
		{"a/b", "a/b", false},
		{"a/b", "a/c", false},
		{"a/*/c", "a/x", true},
		{"a/*/c", "b/x", false},
		{"**/x", "any/where", true},
		{"a/**", "a/b", true},
		{"a/**", "b", false},
		{"*.md", "a", false},
		{"a?/x", "ab", true},
		{"a?/x", "a", false},
	} {
		if got := reachesBelow(tc.pattern, tc.dir); got != tc.want {
			t.Errorf("reachesBelow(%q, %q) = %v", tc.pattern, tc.dir, got)
		}
	}
}

func TestLinkedDockerfile(t *testing.T) {
	root := writeTree(t, "build/prod=FROM scratch", "build/ignore=build/other", "build/other")
	must(t, os.Symlink("build/prod", filepath.Join(root, "Dockerfile")))
	must(t, os.Symlink("build/ignore", filepath.Join(root, ".dockerignore")))
	c := mustFromDir(t, root, "")
	want := strings.Fields(".dockerignore Dockerfile build/ build/ignore build/prod")
	if diff := cmp.Diff(want, namesOf(t, c)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if string(c.Dockerfile()) != "FROM scratch" {
		t.Errorf("Dockerfile %q", c.Dockerfile())
	}
}
