package progress

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

const (
	// tailBytes is how much of the log is kept for the case of a failure.
	tailBytes = 64 << 10
	// maxLineBytes is how much of a line is held back, and then shown.
	maxLineBytes = 1 << 20
	// cutNote ends a line that is longer.
	cutNote = " [the rest of this line is left out]"
)

// Log shows the engine's output and keeps its end.
type Log struct {
	mu      sync.Mutex
	show    io.Writer // nil in quiet mode
	err     io.Writer
	lines   lineReader
	plain   bool        // whole lines without control characters, for a file
	steps   *stepFilter // nil where every line is shown
	filter  filter      // for a terminal
	partial []byte      // a line that has not ended
	cut     bool        // there is more of it
	tail    []byte
}

// NewLog returns a Log that writes to w.
func NewLog(mode Mode, lines lineReader, w io.Writer, terminal bool) *Log {
	l := &Log{err: w, lines: lines, plain: !terminal, filter: filter{terminal: true}}
	if mode != Quiet {
		l.show = w
	}
	if mode == Steps {
		l.plain, l.steps = true, &stepFilter{lines: lines}
	}
	return l
}

// Write takes a part of the log, of any size.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	if !l.plain {
		shown := l.filter.write(p)
		return n, l.put(shown, shown)
	}
	var whole []byte
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		room := min(len(line), maxLineBytes-len(l.partial))
		l.partial, l.cut = append(l.partial, line[:room]...), l.cut || room < len(line)
		if !ended {
			return n, l.putLines(string(whole))
		}
		whole = append(append(whole, l.endLine()...), '\n')
		p = rest
	}
}

// Beside returns a writer for whole lines that are not part of the log, to the same place. The log can neither hide such a line in its own colour nor begin it.
func (l *Log) Beside() io.Writer { return besideLog{l} }

type besideLog struct{ log *Log }

func (b besideLog) Write(p []byte) (int, error) {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	return b.log.err.Write(slices.Concat(b.log.interrupt(), p))
}

// Interrupt ends the line that the log has begun on a terminal, and its colour, for a text that follows on the same terminal.
func (l *Log) Interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.err.Write(l.interrupt())
}

func (l *Log) interrupt() []byte {
	if l.plain || l.show == nil {
		return nil
	}
	return l.filter.interrupt()
}

// endLine returns the line that was held back.
func (l *Log) endLine() []byte {
	line := l.partial
	if l.cut {
		line = append(line, cutNote...)
	}
	l.partial, l.cut = l.partial[:0], false
	return line
}

// Backlog returns how many bytes are waiting to be shown. Zero means that the log can be written without a wait.
func (l *Log) Backlog() int {
	if held, ok := l.show.(interface{ Backlog() int }); ok {
		return held.Backlog()
	}
	return 0
}

// Close shows a last line that has no line break.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.plain {
		end := l.filter.end()
		return l.put(end, end)
	}
	return l.putLines(string(l.endLine()))
}

func (l *Log) putLines(text string) error {
	var all, shown strings.Builder
	lines := slices.Collect(strings.Lines(text))
	for i, line := range lines {
		lines[i] = readable(line, len(l.lines.ReadLine(line).Prefix))
		all.WriteString(lines[i])
	}
	if l.steps == nil {
		return l.put([]byte(all.String()), []byte(all.String()))
	}
	for line := range l.steps.filter(lines) {
		shown.WriteString(line)
	}
	return l.put([]byte(all.String()), []byte(shown.String()))
}

// put keeps the end of all, and shows the part that the mode lets through.
func (l *Log) put(all, shown []byte) error {
	l.tail = append(l.tail, all...)
	l.tail = l.tail[max(0, len(l.tail)-tailBytes):]
	if l.show == nil || len(shown) == 0 {
		return nil
	}
	_, err := l.show.Write(shown)
	return err
}

// Replay shows the end of a log that quiet mode has hidden.
func (l *Log) Replay() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.show == nil {
		_, _ = l.err.Write(l.tail)
	}
}

// Backward yields the lines that are not empty, the last one first.
func (l *Log) Backward() iter.Seq[string] {
	l.mu.Lock()
	lines := strings.Split(string(l.tail), "\n")
	l.mu.Unlock()
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			if line = cli.OneLine(readable(line, len(l.lines.ReadLine(line).Prefix))); line != "" && !yield(line) {
				return
			}
		}
	}
}
