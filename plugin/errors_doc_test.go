package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unprinted are texts that no user ever reads.
var unprinted = []string{
	"the container has started", // ends a wait, well
	"already sent",              // of a context, which nothing sends twice
	"encode metadata",           // can't happen
	"parse Dockerfile: …",       // with --verbose only; the engine says it better
	"timed out",                 // by itself: the line says what, and after how long
}

// row is an error in a table of a page.
type row struct {
	page, text string
	lines      []part // text, and those parts of it that can stand elsewhere
	told       bool   // it has a cause and a cure
}

type part struct {
	text   string
	covers func(special string) bool
}

// rowsOf reads the tables of a page, or of one section of it.
func rowsOf(t *testing.T, page, heading string) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	section := string(text)
	if heading != "" {
		_, section, _ = strings.Cut(section, "\n"+heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
	}
	var rows []row
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), "|"), "|")
		spans := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1)
		if !strings.HasPrefix(line, "|") || spans == nil {
			continue
		}
		told := len(cells) >= 3 && !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) == "" })
		for _, span := range spans {
			text := strings.ReplaceAll(span[1], "\x00", "|")
			rows = append(rows, row{page, text, parts(text), told})
		}
	}
	return rows
}

// parts are a line, and what of it follows a colon and can follow others.
func parts(line string) []part {
	all := []part{{line, covering(line)}}
	for {
		_, rest, more := strings.Cut(line, ": ")
		if !more {
			return all
		}
		if line = rest; strings.Trim(line, "…: ") != "" {
			all = append(all, part{line, covering(line)})
		}
	}
}

// bare drops what stands before a text of its own.
func bare(text string) string { return strings.TrimLeft(text, "…: ") }

// covering returns what tells whether a text with … for anything has another one as an instance. One that says next to nothing
// covers nothing.
func covering(general string) func(special string) bool {
	if len(regexp.MustCompile(`\pL`).FindAllString(general, -1)) < 8 {
		return func(string) bool { return false }
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(bare(general)), "…", ".*")
	if bare(general) != general {
		pattern = "(?:.* )?" + pattern
	}
	return regexp.MustCompile("^" + pattern + "$").MatchString
}

// TestErrorReference holds README's troubleshooting, and the page it refers to for the rest, to the errors that the code has.
func TestErrorReference(t *testing.T) {
	readme, page := rowsOf(t, "README.md", "## Troubleshooting"), rowsOf(t, "docs/errors.md", "")
	rows := slices.Concat(readme, page)
	texts := errorTexts(t)
	exact, used, missing := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range texts {
		exact[bare(e.text)] = true
	}
	for _, e := range texts {
		text := bare(e.text)
		covers := covering(text)
		found := slices.Contains(unprinted, text)
		for _, r := range rows {
			for _, line := range r.lines {
				// A row with another error's very words is that one's.
				if bare(line.text) == text || !exact[bare(line.text)] && (line.covers(text) || covers(line.text)) {
					found, used[r.text] = true, true
				}
			}
		}
		if !found && !missing[text] {
			missing[text] = true
			t.Errorf("%s: no row for this error. Add one with its cause and its cure, to the tables of README.md's \"Troubleshooting\" if a line "+
				"begins with it, or to docs/errors.md if it only ever follows a colon:\n| `%s` | CAUSE | CURE |", e.where, e.text)
		}
	}
	for _, r := range rows {
		if !r.told {
			t.Errorf("%s: the row of %q lacks its cause or its cure", r.page, r.text)
		}
	}
	for _, r := range page {
		if !used[r.text] {
			t.Errorf("%s: no error has the words of %q. Remove them, or correct them", r.page, r.text)
		}
	}
}
