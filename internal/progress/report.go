package progress

import "github.com/kubectl-img/kubectl-img/internal/engine"

// maxReportBytes bounds an engine's report. A longer text is none.
const maxReportBytes = 256 << 10

// report holds back what an engine writes at the end of a build that fails: it repeats the failed step, quotes the Dockerfile, and says what ended it.
// The failure block has all of that in one place.
type report struct {
	lines lineReader
	held  []string
	bytes int
	kind  engine.LineKind // of the last line that was held
	quote bool            // the held lines are more than a single one that only looks like a report's first line
}

// take returns the lines to show once line has been read: none while they can be a report, which is the last thing that an engine writes.
func (r *report) take(line string) []string {
	kind := r.lines.ReadLine(line).Kind
	if len(r.held) > 0 && (!r.goesOn(kind) || r.bytes+len(line) > maxReportBytes) {
		return append(r.release(), r.take(line)...)
	}
	starts := kind == engine.LineFrame || kind == engine.LinePlace || kind == engine.LineError
	if len(r.held) == 0 && (!starts || len(line) > maxReportBytes) {
		return []string{line}
	}
	r.quote = len(r.held) > 0
	r.held, r.bytes, r.kind = append(r.held, line), r.bytes+len(line), kind
	return nil
}

// goesOn reports whether a line can follow those that are held. What an engine repeats of a step's output can look like anything.
func (r *report) goesOn(kind engine.LineKind) bool {
	switch {
	case r.kind == engine.LineError:
		return false
	case r.quote:
		return true
	case r.kind == engine.LineFrame:
		return kind == engine.LineTitle
	default:
		return kind == engine.LineRule
	}
}

// release returns the lines that are held, which are no report.
func (r *report) release() []string {
	held := r.held
	r.held, r.bytes, r.quote = nil, 0, false
	return held
}

// quotation returns the place in the Dockerfile that the report names, and the lines around it.
func (r *report) quotation() (place string, source []string) {
	for i, text := range r.held {
		line := r.lines.ReadLine(text)
		switch {
		case line.Kind == engine.LineQuoted && place != "":
			source = append(source, line.Text)
		case len(source) > 0:
			return place, source
		case line.Kind == engine.LinePlace && i+1 < len(r.held) && r.lines.ReadLine(r.held[i+1]).Kind == engine.LineRule:
			place = line.Text
		}
	}
	return "", nil
}

// title returns the name of the step that the report repeats.
func (r *report) title() string {
	for _, text := range r.held {
		if line := r.lines.ReadLine(text); line.Kind == engine.LineTitle {
			return line.Text
		}
	}
	return ""
}

// last returns the report's last line, which says what ended the engine.
func (r *report) last() engine.Line {
	if len(r.held) == 0 {
		return engine.Line{}
	}
	return r.lines.ReadLine(r.held[len(r.held)-1])
}
