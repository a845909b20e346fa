package plugin

import (
	"iter"
	"regexp"
	"strings"
)

// stepLine is one of the engine's about a step: its number, and what it says.
var stepLine = regexp.MustCompile(`^(#[0-9]+) (.*)\n?$`)

// stepLines takes from the engine's plain output one line for each step, and what the engine says beside them.
type stepLines struct {
	named    map[string]bool // by number: the first line of each is its name
	repeated bool            // in what the engine repeats of a failed step, which is repeated anyway
}

// of yields the lines to show, of lines that came together: a step that was cached is known to be by the next line.
func (s *stepLines) of(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, line := range lines {
			rest := lines[i+1:]
			if shown := s.line(line, rest); shown != "" && !yield(shown+"\n") {
				return
			}
		}
	}
}

func (s *stepLines) line(line string, rest []string) string {
	match := stepLine.FindStringSubmatch(line)
	switch {
	case match != nil:
		return s.name(match[1], match[2], rest)
	case strings.TrimSpace(line) == "------":
		s.repeated = !s.repeated
		return ""
	case s.repeated:
		return ""
	default:
		return strings.TrimRight(line, " \n")
	}
}

func (s *stepLines) name(number, text string, rest []string) string {
	if s.named[number] {
		return ""
	}
	if s.named == nil {
		s.named = map[string]bool{}
	}
	s.named[number] = true
	if strings.HasPrefix(text, "[internal]") {
		return ""
	}
	if len(rest) > 0 && strings.TrimSpace(rest[0]) == number+" CACHED" {
		text += " (cached)"
	}
	return text
}
