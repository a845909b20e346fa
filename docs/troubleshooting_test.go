// Package docs_test checks the documentation: troubleshooting.md against the errors in the sources, and every link of every page.
package docs_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unprinted lists error texts that no user reads.
var unprinted = []string{
	"the container has started",  // ends a wait successfully
	"already sent",               // a build context is sent once
	"encode metadata",            // can't happen
	"encode pod",                 // can't happen
	"the log can be shown again", // reads a log further
	"parse Dockerfile: …",        // only with --verbose; the engine's message is better
	"failed: …",                  // what follows has a row of its own
	"timed out",                  // never alone: the line says what timed out, and after how long
}

// notInSources lists rows whose words are not in one place of our sources.
var notInSources = []string{
	// Texts of kubectl, pflag, distribution/reference, the API server and the engine.
	"flags cannot be placed before plugin name",
	"unknown flag: --…",
	"The connection to the server … was refused",
	"invalid reference format: repository name (…) must be lowercase",
	"invalid reference format",
	`namespaces "…" not found`,
	`User "…" cannot … resource "pods" …`,
	`… violates PodSecurity "baseline:…"`,
	`… violates PodSecurity "restricted:…"`,
	"… error looking up service account …",
	"… unshare …: operation not permitted",
	// Texts of the program ownership in the builder image.
	"… the file system of … keeps no attributes of users …",
	"… overlayfs can't be mounted in a user namespace …",
	"… owners can't be emulated: …",
	// Texts that the plugin puts together from several parts.
	"--… is not supported yet",
	"no profile … works in namespace …: …",
	"… refused by Pod Security restricted:…",
	"send …: changed while it was sent: …",
}

// row is an error text in a table of the page.
type row struct {
	text     string
	lines    []part // the text, and those parts of it that can follow something else
	complete bool   // the row has a cause and a cure
}

type part struct {
	text   string
	covers func(special string) bool
}

// readRows returns the rows of every table whose first column is a text in backquotes.
func readRows(t *testing.T) []row {
	t.Helper()
	page, err := os.ReadFile("troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), "|"), "|")
		spans := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1)
		if !strings.HasPrefix(line, "|") || spans == nil {
			continue
		}
		complete := len(cells) >= 3 && !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) == "" })
		for _, span := range spans {
			text := strings.ReplaceAll(span[1], "\x00", "|")
			rows = append(rows, row{text, partsOf(text), complete})
		}
	}
	return rows
}

// partsOf returns a line, and each of its parts that follows a colon.
func partsOf(line string) []part {
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

// withoutPrefix removes the placeholder at the beginning of a text.
func withoutPrefix(text string) string { return strings.TrimLeft(text, "…: ") }

// covering returns a function that reports whether another text is an instance of general, in which … stands for anything. A text with
// fewer than eight letters covers nothing, because it would match by chance.
func covering(general string) func(special string) bool {
	if len(regexp.MustCompile(`\pL`).FindAllString(general, -1)) < 8 {
		return func(string) bool { return false }
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(withoutPrefix(general)), "…", ".*")
	if withoutPrefix(general) != general {
		pattern = "(?:.* )?" + pattern
	}
	return regexp.MustCompile("^" + pattern + "$").MatchString
}

// TestTroubleshooting compares the page with the sources: every error has a row, and every row has an error.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	rows, texts := readRows(t), errorTexts(t)
	exact, used, missing := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range texts {
		exact[withoutPrefix(e.text)] = true
	}
	for _, e := range texts {
		text := withoutPrefix(e.text)
		covers := covering(text)
		found := slices.Contains(unprinted, text)
		for _, r := range rows {
			for _, line := range r.lines {
				// A row with exactly the words of another error belongs to that error.
				if withoutPrefix(line.text) == text || !exact[withoutPrefix(line.text)] && (line.covers(text) || covers(line.text)) {
					found, used[r.text] = true, true
				}
			}
		}
		if !found && !missing[text] {
			missing[text] = true
			t.Errorf("%s: docs/troubleshooting.md has no row for this error. Add one with its cause and its cure:\n| `%s` | CAUSE | CURE |", e.where, e.text)
		}
	}
	for _, r := range rows {
		if !r.complete {
			t.Errorf("the row of %q lacks its cause or its cure", r.text)
		}
		switch listed := slices.Contains(notInSources, r.text); {
		case !used[r.text] && !listed:
			t.Errorf("no error has the words of %q. Remove the row, or correct it", r.text)
		case used[r.text] && listed:
			t.Errorf("the sources have the words of %q. Remove it from notInSources", r.text)
		}
	}
}
