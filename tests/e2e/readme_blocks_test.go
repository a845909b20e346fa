package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is a fenced code block of a page.
type block struct {
	line     int // of the opening fence
	language string
	text     string
}

// page has the code blocks that no test has typed yet.
type page struct {
	path string // from the root of the repository
	left []block
}

func readPage(t *testing.T, path string) *page {
	t.Helper()
	p := &page{path: path}
	var open *block
	var indent string // of the fence, in a list
	for i, line := range strings.Split(read(t, filepath.Join("../..", path)), "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{line: i + 1, language: language}
			indent, _, _ = strings.Cut(line, "`")
		case fence:
			p.left = append(p.left, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		}
	}
	return p
}

// documentation returns the pages whose commands the tests type: README.md and those of docs.
func documentation(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"README.md"}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".md") {
			pages = append(pages, "docs/"+entry.Name())
		}
	}
	return pages
}

// take returns the block that contains a text. Each block can be taken once.
func (p *page) take(t *testing.T, text string) block {
	t.Helper()
	i := slices.IndexFunc(p.left, func(b block) bool { return strings.Contains(b.text, text) })
	if i < 0 {
		t.Fatalf("%s has no block with %q, or it was typed before", p.path, text)
	}
	b := p.left[i]
	p.left = slices.Delete(p.left, i, i+1)
	return b
}

// commands returns the blocks of commands that are left. The Groovy is run by tests/jenkins.
func (p *page) commands() []block {
	return slices.DeleteFunc(slices.Clone(p.left), func(b block) bool { return !slices.Contains([]string{"sh", "console"}, b.language) })
}

// untaken names every block of commands that no test has typed.
func (p *page) untaken(t *testing.T) {
	t.Helper()
	for _, b := range p.commands() {
		t.Errorf("%s:%d: no test types this block:\n%s", p.path, b.line, b.text)
	}
}

var alternative = regexp.MustCompile(`# or: ([^,\n]+)`)

// alternatives returns the commands that a block offers in its comments.
func (b block) alternatives() []string {
	var out []string
	for _, m := range alternative.FindAllStringSubmatch(b.text, -1) {
		out = append(out, strings.TrimSpace(m[1]))
	}
	return out
}

// session returns the commands of a console block, and the lines that they print.
func (b block) session() (commands, output []string) {
	for line := range strings.Lines(b.text) {
		line = strings.TrimRight(line, "\n")
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, command)
		} else if line != "..." {
			output = append(output, line)
		}
	}
	return commands, output
}

// varying has patterns for what differs from run to run. They apply to a line that is already quoted for a pattern.
var varying = []struct {
	found *regexp.Regexp
	any   string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]+`), `sha256:[0-9a-f]+`},
	{regexp.MustCompile(`img-[0-9a-z]{8}`), `img-[0-9a-z]{8}`},
	{regexp.MustCompile(`(\d+\\\.)?\d+(kB|B)`), `[0-9.]+k?B`},
	{regexp.MustCompile(` \d\\\.\ds done`), `( [0-9.]+s)? done`}, // a step that takes no time has no time
	{regexp.MustCompile(`\d\\\.\ds`), `[0-9.]+s`},
	{regexp.MustCompile(`#\d+ `), `#\d+ `},
	{regexp.MustCompile(`(\\\.){3}$`), `.*`},
	{regexp.MustCompile(` {2,}`), ` +`},
}

// checkOutput looks for each line of an example, in its order, in what was printed.
func checkOutput(t *testing.T, want []string, got string) {
	t.Helper()
	rest := got
	for _, line := range want {
		pattern := regexp.QuoteMeta(line)
		for _, v := range varying {
			pattern = v.found.ReplaceAllLiteralString(pattern, v.any)
		}
		at := regexp.MustCompile(`(?m)^` + pattern + `\s*$`).FindStringIndex(rest)
		if at == nil {
			t.Errorf("the page shows %q, but the commands print no such line there:\n%s", line, got)
			continue
		}
		rest = rest[at[1]:]
	}
}
