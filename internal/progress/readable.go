package progress

import (
	"regexp"
	"strings"
)

// controlSequence is an ECMA-48 sequence (colours, cursor), or a command to the terminal such as a title or a link.
var controlSequence = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)|[ -/]*[0-~])")

// readable returns a line as a terminal shows it in the end, without what controls a terminal, so that a log file can be read and searched. The first
// prefix bytes are the engine's: a carriage return does not overwrite them.
func readable(line string, prefix int) string {
	if !strings.ContainsFunc(line, isControl) {
		return line
	}
	head, line := line[:prefix], line[prefix:]
	line, ended := strings.CutSuffix(line, "\n")
	line = strings.TrimRight(controlSequence.ReplaceAllLiteralString(line, ""), "\r")
	line = line[strings.LastIndex(line, "\r")+1:]
	line = head + strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, line)
	if ended {
		line += "\n"
	}
	return line
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 }
