package img

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

const (
	// frame surrounds what the engine repeats of a failed step, whose name follows title.
	frame, title = "------", " > "
	// rule surrounds what it quotes of the Dockerfile.
	rule = "--------------------"
)

var (
	// stepLine has BuildKit's plain form: #NUMBER TEXT.
	stepLine = regexp.MustCompile(`^(#[0-9]+) (.*)\n?$`)
	// stepOutput is a line of a command's output, after the seconds that the step has taken.
	stepOutput = regexp.MustCompile(`^[0-9]+\.[0-9]+ `)
	// outputPrefix is what precedes a command's own bytes, which may hold carriage returns.
	outputPrefix = regexp.MustCompile(`^#[0-9]+ [0-9.]+ `)
	// position is which step of its stage a step is.
	position = regexp.MustCompile(`^\[([^]]*[0-9]+/[0-9]+)\] `)
	// place is a file and the number of a line.
	place = regexp.MustCompile(`^[^\s#]+:[0-9]+$`)
	// quoted is a line of the Dockerfile, with its number and a mark.
	quoted = regexp.MustCompile(`^ +[0-9]+ \|( (>>>|   )( |$)|$)`)
	// exitCode is that of a step's command.
	exitCode = regexp.MustCompile(stepFailed + `([0-9]{1,3})(` + stepOOM + `)?$`)
)

// ReadLine parses a line of BuildKit's plain progress.
func (Img) ReadLine(line string) engine.Line {
	prefix := outputPrefix.FindString(line)
	match := stepLine.FindStringSubmatch(line)
	if match == nil {
		kind, text := otherKind(strings.TrimRight(line, " \n"))
		parsed := engine.Line{Kind: kind, Prefix: prefix, Text: text, ExitCode: codeOf(kind, text)}
		if kind == engine.LineQuoted {
			_, parsed.Marked, _ = strings.Cut(text, "| >>> ")
		}
		return parsed
	}
	kind, text := lineKind(match[2])
	parsed := engine.Line{Kind: kind, Step: match[1], Prefix: prefix, Text: text, ExitCode: codeOf(kind, text)}
	if found := position.FindStringSubmatch(text); found != nil && kind == engine.LineName {
		parsed.Position = found[1]
	}
	return parsed
}

// otherKind reads a line that belongs to no step.
func otherKind(text string) (engine.LineKind, string) {
	name, isTitle := strings.CutPrefix(text, title)
	switch {
	case strings.TrimSpace(text) == frame:
		return engine.LineFrame, ""
	case isTitle:
		return engine.LineTitle, strings.TrimSuffix(name, ":")
	case text == rule:
		return engine.LineRule, text
	case quoted.MatchString(text):
		return engine.LineQuoted, text
	case strings.HasPrefix(text, errorPrefix):
		return engine.LineError, text
	case place.MatchString(text):
		return engine.LinePlace, text
	default:
		return engine.LineOther, text
	}
}

func codeOf(kind engine.LineKind, text string) int {
	if kind != engine.LineFailed && kind != engine.LineError {
		return 0
	}
	if found := exitCode.FindStringSubmatch(text); found != nil {
		code, _ := strconv.Atoi(found[1])
		return code
	}
	return 0
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
