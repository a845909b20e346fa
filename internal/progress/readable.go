package progress

import "strings"

// readable returns a line as a terminal shows it in the end, without what controls a terminal, so that a log file can be read and searched. The first
// prefix bytes are the engine's: a carriage return does not overwrite them.
func readable(line string, prefix int) string {
	head, line := line[:prefix], line[prefix:]
	line, ended := strings.CutSuffix(line, "\n")
	line = strings.TrimRight(string((&filter{}).write([]byte(line))), "\r")
	line = head + line[strings.LastIndex(line, "\r")+1:]
	if ended {
		line += "\n"
	}
	return line
}
