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
	// maxLineBytes is how much of an unfinished line is held back.
	maxLineBytes = 64 << 10
)

// Log shows the engine's output and keeps its end.
type Log struct {
	mu      sync.Mutex
	show    io.Writer // nil in quiet mode
	err     io.Writer
	lines   lineReader
	plain   bool        // whole lines without control characters, for a file
	steps   *stepFilter // nil where every line is shown
	partial []byte      // a line that has not ended
	tail    []byte
}

// NewLog returns a Log that writes to w.
func NewLog(mode Mode, lines lineReader, w io.Writer, terminal bool) *Log {
	l := &Log{err: w, lines: lines, plain: !terminal}
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
	if !l.plain {
		return len(p), l.put(p, p)
	}
	l.partial = append(l.partial, p...)
	end := bytes.LastIndexByte(l.partial, '\n') + 1
	if len(l.partial)-end > maxLineBytes {
		end = len(l.partial)
	}
	text := string(l.partial[:end])
	l.partial = append(l.partial[:0], l.partial[end:]...)
	return len(p), l.putLines(text)
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
	text := string(l.partial)
	l.partial = nil
	return l.putLines(text)
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
			if line = cli.OneLine(line); line != "" && !yield(line) {
				return
			}
		}
	}
}
