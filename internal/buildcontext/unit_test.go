package buildcontext

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/patternmatcher"
)

func noPatterns(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	m, err := patternmatcher.New(nil)
	must(t, err)
	return m
}

func TestTarMode(t *testing.T) {
	for _, tc := range []struct {
		goos string
		mode fs.FileMode
		want int64
	}{
		{"linux", 0o640, 0o640},
		{"darwin", fs.ModeDir | fs.ModeSticky | 0o777, 0o1777},
		{"linux", fs.ModeSetuid | fs.ModeSetgid | 0o755, 0o6755},
		{"linux", fs.ModeSymlink | 0o777, 0o777},
		{"windows", 0o666, 0o755},
		{"windows", 0o444, 0o755},
		{"windows", fs.ModeDir | 0o777, 0o755},
		{"windows", fs.ModeSymlink | 0o666, 0o777},
	} {
		if got := tarMode(tc.goos, tc.mode); got != tc.want {
			t.Errorf("tarMode(%s, %v) = %04o, want %04o", tc.goos, tc.mode, got, tc.want)
		}
	}
}

func TestLargestEntries(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []Entry
		want  []Entry
	}{
		{"none", nil, nil},
		{"empty files", []Entry{{"a", 0}}, nil},
		{"few", []Entry{{"a", 1}, {"b", 2}}, []Entry{{"b", 2}, {"a", 1}}},
		{"three of four", []Entry{{"a", 4}, {"b", 2}, {"c", 3}, {"d", 5}}, []Entry{{"d", 5}, {"a", 4}, {"c", 3}}},
		{"a directory of equals", []Entry{{"d/a", 50}, {"d/b", 50}, {"e", 60}}, []Entry{{"d", 100}, {"e", 60}}},
		{"one file is all of its directory", []Entry{{"d/e/a", 95}, {"d/e/b", 3}, {"d/f", 1}, {"g", 7}}, []Entry{{"d/e/a", 95}, {"g", 7}}},
		{"one directory is all of another", []Entry{{"d/e/a", 45}, {"d/e/b", 50}, {"d/f", 2}}, []Entry{{"d/e", 95}}},
		{"names that start alike", []Entry{{"d/a", 1}, {"d-x/a", 2}, {"d-x/b", 2}}, []Entry{{"d-x", 4}, {"d/a", 1}}},
	} {
		c := newCounter()
		for _, f := range tc.files {
			c.add(f.Path, f.Bytes)
		}
		if diff := cmp.Diff(tc.want, c.result().Largest); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestModeScript(t *testing.T) {
	if got := (Summary{}).ModeScript(); got != nil {
		t.Errorf("nothing to set gives %q", got)
	}
	got := string(Summary{Modes: sortedModes(map[string]int64{"c/it's": 0o555, "c/it's/$(x)\n": 0o555, "c": 0o4755})}.ModeScript())
	want := "chmod 00555 -- 'c/it'\\''s/$(x)\n' 'c/it'\\''s' || exit\nchmod 04755 -- 'c' || exit\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	many := map[string]int64{}
	for i := range 3*chmodBatch + 1 {
		many[strings.Repeat("x", i+1)] = 0o500
	}
	if got := strings.Count(string(Summary{Modes: sortedModes(many)}.ModeScript()), "chmod "); got != 4 {
		t.Errorf("%d commands, want 4", got)
	}
}

func TestPrefixes(t *testing.T) {
	for prefix, want := range map[string]string{"": "f", "/": "f", ".": "f", "a": "a/", "a/b/": "a/b/", "/a": "a/"} {
		stream, _ := sent(t, mustFromDir(t, writeTree(t, "f"), "-"), prefix)
		list, _ := entriesOf(t, stream)
		if list[0].Name != want {
			t.Errorf("%q: first entry %q, want %q", prefix, list[0].Name, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	root := writeTree(t, "Dockerfile=FROM scratch", ".dockerignore=a\n[\n")
	t.Chdir(root)
	for dockerfile, want := range map[string]string{
		"":     `parse .dockerignore:2: pattern "[": syntax error in pattern`,
		"none": "read Dockerfile none: no such file",
	} {
		if _, err := FromDir(".", dockerfile, nil); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := FromDir("nowhere", "", nil)
	if want := "open build context nowhere: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestPrintable(t *testing.T) {
	for name, want := range map[string]string{"a b": "a b", "größe": "größe", "a\nb": `"a\nb"`, "\x1b": `"\x1b"`, "": `""`} {
		if got := printable(name); got != want {
			t.Errorf("printable(%q) = %s", name, got)
		}
	}
}
