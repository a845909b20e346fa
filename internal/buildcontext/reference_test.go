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

// asBuildKit lists the entries that BuildKit's client sends: the daemon parses the ignore file, and the client walks with its patterns.
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

// asDocumented lists the entries according to docker's documentation, without pruning and without the library. ok is false for patterns
// that the documentation does not define.
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

// documented returns a line in its normal form. ok is false unless it has only letters, *, ?, and ** as a whole component.
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

// ignored reports whether the lines exclude name. A line applies to what it matches and to everything below. According to the
// documentation the last line that applies decides. But BuildKit drops a line that changed nothing for a directory, and does not apply it
// below that directory. So `a`, `!a/b`, `a` sends a/b.
func ignored(lines []string, name string) bool {
	_, out := applying(lines, name)
	return out
}

func applying(lines []string, name string) (applies []bool, out bool) {
	applies = make([]bool, len(lines))
	if name == "." {
		return applies, false
	}
	above, _ := applying(lines, path.Dir(name))
	for i, line := range lines {
		pattern, exception := strings.CutPrefix(line, "!")
		applies[i] = above[i] || exception == out && matches(strings.Split(pattern, "/"), strings.Split(name, "/"))
		if applies[i] {
			out = !exception
		}
	}
	return applies, out
}

// matches compares component by component. ** stands for any number of components, and for at least one at the end.
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
