package progress

import (
	"iter"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// lineReader parses the lines of an engine's log.
type lineReader interface{ ReadLine(line string) engine.Line }

// maxStepBytes bounds what a stepFilter remembers. No build has as many steps.
const maxStepBytes = 1 << 20

// stepFilter selects one line for each step, and the lines that belong to no step.
type stepFilter struct {
	lines    lineReader
	named    map[string]bool // the steps whose first line, their name, was shown
	bytes    int             // of their numbers
	repeated bool            // inside the engine's own repetition of a failed step
}

// filter yields the lines to show. The lines came together: only the next line says that a step was cached.
func (s *stepFilter) filter(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, line := range lines {
			var next engine.Line
			if i+1 < len(lines) {
				next = s.lines.ReadLine(lines[i+1])
			}
			if shown := s.show(s.lines.ReadLine(line), next); shown != "" && !yield(shown+"\n") {
				return
			}
		}
	}
}

func (s *stepFilter) show(line, next engine.Line) string {
	switch {
	case line.Step != "":
		return s.name(line, next)
	case line.Kind == engine.LineFrame:
		s.repeated = !s.repeated
		return ""
	case s.repeated:
		return "" // the failed step is repeated at the end, with more of its output
	default:
		return strings.TrimRight(line.Text, " \n")
	}
}

func (s *stepFilter) name(line, next engine.Line) string {
	if s.named[line.Step] {
		return ""
	}
	if s.bytes += len(line.Step); s.named == nil || s.bytes > maxStepBytes {
		s.named, s.bytes = map[string]bool{}, 0
	}
	s.named[line.Step] = true
	switch {
	case line.Kind == engine.LineInternal:
		return ""
	case next.Step == line.Step && next.Kind == engine.LineCached:
		return line.Text + " (cached)"
	default:
		return line.Text
	}
}
