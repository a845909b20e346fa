package buildcontext

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// asBuildKit lists what BuildKit's own client sends of a directory under an ignore file: its daemon parses the file, and the
// client walks with these patterns.
func asBuildKit(t *testing.T, root, ignore string) ([]string, error) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(ignore))
	if err != nil {
		return nil, err
	}
	var names []string
	err = fsutil.WalkDir(t.Context(), root, &fsutil.FilterOpt{ExcludePatterns: patterns}, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		names = append(names, slashed(name, entry.IsDir()))
		return nil
	})
	return names, err
}

func slashed(name string, isDir bool) string {
	name = filepath.ToSlash(name)
	if isDir {
		name += "/"
	}
	return name
}

// asDocumented lists the same by what docker documents, without pruning and without its library. ok is false for a file that uses
// what the documentation leaves open.
func asDocumented(t *testing.T, root, ignore string) (names []string, ok bool) {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(ignore, "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if line, ok = documented(strings.TrimSpace(line)); !ok {
			return nil, false
		}
		lines = append(lines, line)
	}
	var all []string
	wanted := map[string]bool{}
	must(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		must(t, err)
		rel, _ := filepath.Rel(root, file)
		if rel = filepath.ToSlash(rel); rel == "." {
			return nil
		}
		all = append(all, slashed(rel, entry.IsDir()))
		for p := rel; !ignored(lines, rel) && p != "."; p = path.Dir(p) {
			wanted[p] = true
		}
		return nil
	}))
	return slices.DeleteFunc(all, func(n string) bool { return !wanted[strings.TrimSuffix(n, "/")] }), true
}

// documented brings a line into its plain form, if it keeps to literals, *, ?, and ** as a whole component.
func documented(line string) (string, bool) {
	pattern, exception := strings.CutPrefix(line, "!")
	if strings.ContainsFunc(pattern, func(r rune) bool { return r != '/' && r != '.' && r != '*' && r != '?' && (r < 'a' || r > 'z') }) {
		return "", false
	}
	pattern = strings.TrimPrefix(path.Clean(pattern), "/")
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.Contains(part, "**") && part != "**" || part == "" {
			return "", false
		}
	}
	if exception {
		pattern = "!" + pattern
	}
	return pattern, true
}

// ignored is the verdict on name. A line holds for what it matches and for all below. The documentation says that the last one that
// holds decides; BuildKit, however, forgets about a line what it did not have to know: one that would have changed nothing
// about a directory does not hold below it. So `a`, `!a/b`, `a` sends a/b.
func ignored(lines []string, name string) bool {
	_, out := holding(lines, name)
	return out
}

func holding(lines []string, name string) (holds []bool, out bool) {
	holds = make([]bool, len(lines))
	if name == "." {
		return holds, false
	}
	above, _ := holding(lines, path.Dir(name))
	for i, line := range lines {
		pattern, exception := strings.CutPrefix(line, "!")
		holds[i] = above[i] || exception == out && matches(strings.Split(pattern, "/"), strings.Split(name, "/"))
		if holds[i] {
			out = !exception
		}
	}
	return holds, out
}

// matches compares component by component; ** stands for any number of them, and at the end for at least one.
func matches(pattern, name []string) bool {
	switch {
	case len(pattern) == 0:
		return len(name) == 0
	case pattern[0] == "**" && len(pattern) == 1:
		return len(name) > 0
	case pattern[0] == "**":
		return matches(pattern[1:], name) || len(name) > 0 && matches(pattern, name[1:])
	case len(name) == 0:
		return false
	}
	ok, err := path.Match(pattern[0], name[0])
	return err == nil && ok && matches(pattern[1:], name[1:])
}
