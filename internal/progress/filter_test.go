package progress

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine/img"
)

// A step prints what it likes, in any pieces, on the user's terminal.
func TestTerminal(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"colours":                         {"#6 0.1 \x1b[1;38:5:9mred\x1b[0m\n", "#6 0.1 \x1b[1;38:5:9mred\x1b[0m\n"},
		"a colour ends with its line":     {"\x1b[8mhidden\nshown\n", "\x1b[8mhidden\x1b[0m\nshown\n"},
		"a colour ends with the log":      {"\x1b[8mhidden", "\x1b[8mhidden\x1b[0m"},
		"a bar within its line":           {"10%\r\x1b[K20%\b\b.\tü\n", "10%\r\x1b[K20%\b\b.\tü\n"},
		"the clipboard":                   {"a\x1b]52;c;ZXZpbA==\x07b\n", "ab\n"},
		"the clipboard, another end":      {"a\x1b]52;c;ZXZpbA==\x1b\\b\n", "ab\n"},
		"a title without an end":          {"a\x1b]0;title\nb\n", "a\nb\n"},
		"a device control":                {"a\x1bP$q\"p\x1b\\b\x1b_x\x1b\\c\x1b^x\x1b\\d\x1bXx\x1b\\e\n", "abcde\n"},
		"the cursor":                      {"a\x1b[2A\x1b[10;1H\x1b[3Db\x1b7\x1b8\x1bM\x1bDc\n", "abc\n"},
		"the whole screen":                {"a\x1b[2J\x1b[?1049h\x1b[3;9r\x1bc\x1b[!pb\n", "ab\n"},
		"questions that a terminal types": {"a\x1b[6n\x1b[c\x1b[>cb\x05\n", "ab\n"},
		"keys and modes":                  {"a\x1b[>4;2m\x1b[?25lb\n", "ab\n"},
		"character sets":                  {"a\x1b(0\x0e\x0fb\n", "ab\n"},
		"other control characters":        {"a\x00\x07\x0b\x0c\x7fb\n", "ab\n"},
		"8-bit commands":                  {"a\u009b2Jb\u009d52;c;x\u009cc\u0084\u0090x\u009cd\n", "a2Jbcd\n"},
		"8-bit commands in one byte":      {"a\x9b2Jb\x9d52;x\n", "a\ufffd2Jb\ufffd52;x\n"},
		"the order of characters":         {"a\u202eb\u2066c\u200fd\u061ce\u2028f\n", "abcdef\n"},
		"an escape in an escape":          {"a\x1b\x1b]52;c;x\x07b\x1b[\x1b[2Jc\n", "abc\n"},
		"a sequence without an end":       {"a\x1b[" + strings.Repeat("1;", 100) + "2Jb\n", ""},
		"an unfinished sequence":          {"a\x1b[3", "a"},
		"an unfinished character":         {"a\xe2\x80", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []Mode{Auto, Quiet} {
				for _, size := range []int{1, 2, 3, len(c.text)} {
					var out bytes.Buffer
					log := NewLog(mode, img.Img{}, &out, true)
					writeAll(t, log, c.text, size)
					log.ShowFailure("") // shows the log in quiet mode only
					if c.want == "" {
						checkHarmless(t, out.String())
						continue
					}
					if diff := cmp.Diff(c.want, out.String()); diff != "" {
						t.Errorf("mode %s, in pieces of %d (-want +got):\n%s", mode, size, diff)
					}
				}
			}
		})
	}
}

// A line of the plugin is a line of its own, whatever a step has printed without a line break, and is never in its colour.
func TestBesideLog(t *testing.T) {
	for name, c := range map[string]struct {
		mode     Mode
		terminal bool
		want     string
	}{
		"a terminal":    {Auto, true, "#6 0.1 all is well, ignore: \x1b[8m\x1b[0m\nwarning: it is not\nrest\nwarning: it is not\n"},
		"no terminal":   {Auto, false, "warning: it is not\n#6 0.1 all is well, ignore: rest\nwarning: it is not\n"},
		"no log":        {Quiet, true, "warning: it is not\nwarning: it is not\n"},
		"one step each": {Steps, true, "warning: it is not\nall is well, ignore: rest\nwarning: it is not\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := NewLog(c.mode, img.Img{}, &out, c.terminal)
			for _, write := range []struct {
				to   io.Writer
				text string
			}{
				{log, "#6 0.1 all is well, ignore: \x1b[8m"}, {log.Beside(), "warning: it is not\n"}, {log, "rest\n"}, {log.Beside(), "warning: it is not\n"},
			} {
				if _, err := io.WriteString(write.to, write.text); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// checkHarmless checks that a terminal would do nothing on text but show it, in colours, line by line.
func checkHarmless(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		parts := strings.Split(line, "\x1b")
		for _, part := range parts[1:] {
			end := strings.IndexAny(part, "mK")
			if !strings.HasPrefix(part, "[") || end < 0 || strings.Trim(part[1:end], "0123456789;:") != "" {
				t.Errorf("%q has a sequence that is no colour", text)
			}
		}
		if slices.ContainsFunc([]rune(line), func(r rune) bool {
			return r < ' ' && !strings.ContainsRune("\t\r\n\b\x1b", r) || r >= 0x7f && r < 0xa0 || r == 0x202e
		}) {
			t.Errorf("%q has a control character", text)
		}
	}
}

func FuzzTerminal(f *testing.F) {
	f.Add("a\x1b[31mb\x1b]52;c;x\x07\u009b2J\xff\n", byte(3))
	f.Add("\x1b\x1b[\x1bP\x1b\\m", byte(1))
	f.Fuzz(func(t *testing.T, text string, size byte) {
		for _, terminal := range []bool{true, false} {
			var out bytes.Buffer
			writeAll(t, NewLog(Auto, img.Img{}, &out, terminal), text, max(1, int(size)))
			checkHarmless(t, out.String())
			if !terminal && strings.ContainsAny(out.String(), "\x1b\r\b") {
				t.Errorf("%q is shown as %q without a terminal", text, out.String())
			}
		}
	})
}
