package plugin

import (
	"bytes"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	// tail is how much of a hidden log is kept for the case of a failure, in bytes.
	tail = 64 << 10
	// longestLine is how much of a line is waited for, in bytes.
	longestLine = 64 << 10
)

// buildLog shows the engine's output, or keeps its end.
type buildLog struct {
	mu    sync.Mutex
	show  io.Writer // nil when quiet
	err   io.Writer
	plain bool       // for a file: whole lines without control characters
	steps *stepLines // shows these only
	part  []byte     // of a line that has not ended
	end   []byte
}

func newBuildLog(p *Plan, w io.Writer) *buildLog {
	l := &buildLog{err: w, plain: !isTerminal(w)}
	if p.Progress != ProgressQuiet {
		l.show = w
	}
	if p.Progress == ProgressSteps {
		l.plain, l.steps = true, &stepLines{}
	}
	return l
}

// Write takes a part of the log.
func (l *buildLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.plain {
		return len(p), l.put(p, p)
	}
	l.part = append(l.part, p...)
	ended := bytes.LastIndexByte(l.part, '\n') + 1
	if len(l.part)-ended > longestLine {
		ended = len(l.part)
	}
	text := string(l.part[:ended])
	l.part = append(l.part[:0], l.part[ended:]...)
	return len(p), l.lines(text)
}

// Close shows a line that nothing has ended.
func (l *buildLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := string(l.part)
	l.part = nil
	return l.lines(text)
}

// lines puts whole ones.
func (l *buildLog) lines(text string) error {
	var all, shown strings.Builder
	lines := slices.Collect(strings.Lines(text))
	for i, line := range lines {
		lines[i] = readable(line)
		all.WriteString(lines[i])
	}
	if l.steps == nil {
		return l.put([]byte(all.String()), []byte(all.String()))
	}
	for line := range l.steps.of(lines) {
		shown.WriteString(line)
	}
	return l.put([]byte(all.String()), []byte(shown.String()))
}

// put keeps what has been said, and shows what is to be seen of it.
func (l *buildLog) put(said, seen []byte) error {
	l.end = append(l.end, said...)
	l.end = l.end[max(0, len(l.end)-tail):]
	if l.show == nil || len(seen) == 0 {
		return nil
	}
	_, err := l.show.Write(seen)
	return err
}

// replay shows the end of a log that was hidden.
func (l *buildLog) replay() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.show == nil {
		_, _ = l.err.Write(l.end)
	}
}

// lastLine is the last line that says something.
func (l *buildLog) lastLine() string {
	for line := range l.backward() {
		return strings.TrimPrefix(line, "Error: ")
	}
	return ""
}

// backward yields the lines that say something, the last one first.
func (l *buildLog) backward() iter.Seq[string] {
	l.mu.Lock()
	lines := strings.Split(string(l.end), "\n")
	l.mu.Unlock()
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			if line = oneLine(line); line != "" && !yield(line) {
				return
			}
		}
	}
}

var (
	// controlSequence is one of ECMA-48 (colours, cursor), or a command to the terminal, as titles and links are.
	controlSequence = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)|[ -/]*[0-~])")
	// overwritten is what a carriage return lets the rest of the line cover, after the engine's number and time.
	overwritten = regexp.MustCompile(`^((?:#[0-9]+ [0-9.]+ )?).*\r`)
)

// readable is a line as a terminal shows it in the end, without what draws there: a log file is to be read and searched.
func readable(line string) string {
	if !strings.ContainsFunc(line, isControl) {
		return line
	}
	line, ended := strings.CutSuffix(line, "\n")
	line = controlSequence.ReplaceAllLiteralString(line, "")
	line = overwritten.ReplaceAllString(strings.TrimRight(line, "\r"), "$1")
	line = strings.Map(func(r rune) rune {
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
