package img

import (
	"regexp"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// frame surrounds what the engine repeats of a failed step.
const frame = "------"

var (
	// stepLine has BuildKit's plain form: #NUMBER TEXT.
	stepLine = regexp.MustCompile(`^(#[0-9]+) (.*)\n?$`)
	// stepOutput is a line of a command's output, after the seconds that the step has taken.
	stepOutput = regexp.MustCompile(`^[0-9]+\.[0-9]+ `)
	// outputPrefix is what precedes a command's own bytes, which may hold carriage returns.
	outputPrefix = regexp.MustCompile(`^#[0-9]+ [0-9.]+ `)
)

// ReadLine parses a line of BuildKit's plain progress.
func (Img) ReadLine(line string) engine.Line {
	prefix := outputPrefix.FindString(line)
	match := stepLine.FindStringSubmatch(line)
	if match == nil {
		if strings.TrimSpace(line) == frame {
			return engine.Line{Kind: engine.LineFrame, Prefix: prefix}
		}
		return engine.Line{Kind: engine.LineOther, Prefix: prefix, Text: strings.TrimRight(line, " \n")}
	}
	kind, text := lineKind(match[2])
	return engine.Line{Kind: kind, Step: match[1], Prefix: prefix, Text: text}
}

func lineKind(text string) (engine.LineKind, string) {
	switch {
	case strings.HasPrefix(text, "ERROR: "):
		return engine.LineFailed, text
	case stepOutput.MatchString(text):
		return engine.LineOutput, stepOutput.ReplaceAllString(text, "")
	case strings.TrimSpace(text) == "CACHED":
		return engine.LineCached, text
	case strings.HasPrefix(text, "[internal]"):
		return engine.LineInternal, text
	case strings.HasPrefix(text, "["):
		return engine.LineName, text
	default:
		return engine.LineStep, text
	}
}
