package e2e_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is a fenced one of README.md.
type block struct {
	line     int // of the fence
	language string
	text     string
}

// readme is the blocks that no test has taken yet.
type readme struct{ left []block }

func readReadme(t *testing.T) *readme {
	t.Helper()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := &readme{}
	var open *block
	for i, line := range strings.Split(string(content), "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{line: i + 1, language: language}
		case fence:
			r.left = append(r.left, *open)
			open = nil
		case open != nil:
			// Those of a list are indented.
			open.text += strings.TrimPrefix(line, "   ") + "\n"
		}
	}
	return r
}

// take returns the block that has a text in it, and no other test of a run may take it again.
func (r *readme) take(t *testing.T, text string) block {
	t.Helper()
	i := slices.IndexFunc(r.left, func(b block) bool { return strings.Contains(b.text, text) })
	if i < 0 {
		t.Fatalf("README.md has no block with %q, or it was run before", text)
	}
	b := r.left[i]
	r.left = slices.Delete(r.left, i, i+1)
	return b
}

// untaken names every block of commands that nothing has run; the Groovy is run by tests/jenkins.
func (r *readme) untaken(t *testing.T) {
	t.Helper()
	for _, b := range r.left {
		if slices.Contains([]string{"sh", "console"}, b.language) {
			t.Errorf("README.md:%d: no test runs this block:\n%s", b.line, b.text)
		}
	}
}

var alternative = regexp.MustCompile(`# or: ([^,\n]+)`)

// alternatives are the commands that a block's comments offer.
func (b block) alternatives() []string {
	var out []string
	for _, m := range alternative.FindAllStringSubmatch(b.text, -1) {
		out = append(out, strings.TrimSpace(m[1]))
	}
	return out
}

// session is the commands of a console block, and the lines that they print.
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

// What differs from run to run, in a line that has been quoted for a pattern.
var varying = []struct {
	found *regexp.Regexp
	any   string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]+`), `sha256:[0-9a-f]+`},
	{regexp.MustCompile(`img-[0-9a-z]{8}`), `img-[0-9a-z]{8}`},
	{regexp.MustCompile(`(\d+\\\.)?\d+(kB|B)`), `[0-9.]+k?B`},
	{regexp.MustCompile(` \d\\\.\ds done`), `( [0-9.]+s)? done`}, // what took no time has none
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
			t.Errorf("README.md shows %q, and this has no such line (any more):\n%s", line, got)
			continue
		}
		rest = rest[at[1]:]
	}
}
