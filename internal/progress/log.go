package progress

import (
	"bytes"
	"errors"
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
	open    bool        // a terminal shows a line that has not ended
	report  report      // follows the tail
	copies  bool        // the log is shown as it is
	tail    []byte
}

// NewLog returns a Log that writes to w.
func NewLog(mode Mode, lines lineReader, w io.Writer, terminal bool) *Log {
	l := &Log{err: w, lines: lines, plain: !terminal, filter: filter{terminal: true}, report: report{lines: lines}}
	if mode != Quiet {
		l.show = w
	}
	if mode == Steps {
		l.plain, l.steps = true, &stepFilter{lines: lines}
	}
	return l
}

// NewCopy returns a Log that shows the engine's output as it is, with the engine's own report about a failure.
func NewCopy(lines lineReader, w io.Writer, terminal bool) *Log {
	l := NewLog(Plain, lines, w, terminal)
	l.copies = true
	return l
}

// Write takes a part of the log, of any size.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	if !l.plain {
		return n, l.writeTerminal(p)
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

// writeTerminal shows what a step prints as it comes, and other lines once they are whole.
func (l *Log) writeTerminal(p []byte) error {
	var shown []byte
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n') + 1
		ended := n > 0
		if !ended {
			n = len(p)
		}
		l.partial, p = append(l.partial, p[:n]...), p[n:]
		held := len(l.report.held) > 0
		switch {
		case l.open, !held && l.lines.ReadLine(string(l.partial)).Step != "", len(l.partial) > maxLineBytes:
			shown = append(append(shown, strings.Join(l.report.release(), "")...), l.partial...)
			l.open = !ended
		case ended && l.copies:
			shown = append(shown, l.partial...)
		case ended:
			shown = append(shown, strings.Join(l.report.take(string(l.partial)), "")...)
		default:
			continue
		}
		l.partial = l.partial[:0]
	}
	return l.showLines([]string{string(shown)})
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
	err := l.putLines(string(l.endLine()))
	if !l.plain {
		end := l.filter.end()
		err = errors.Join(err, l.put(end, end))
	}
	return err
}

// ShowRest shows what was held back because it looked like the engine's report about a failure.
func (l *Log) ShowRest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.showLines(l.report.release())
}

// putLines takes whole lines.
func (l *Log) putLines(text string) error {
	var lines []string
	for line := range strings.Lines(text) {
		if l.plain {
			line = readable(line, len(l.lines.ReadLine(line).Prefix))
		}
		if l.copies {
			lines = append(lines, line)
		} else {
			lines = append(lines, l.report.take(line)...)
		}
	}
	return l.showLines(lines)
}

func (l *Log) showLines(lines []string) error {
	all := strings.Join(lines, "")
	if !l.plain {
		shown := l.filter.write([]byte(all))
		return l.put(shown, shown)
	}
	if l.steps == nil {
		return l.put([]byte(all), []byte(all))
	}
	var shown strings.Builder
	for line := range l.steps.filter(lines) {
		shown.WriteString(line)
	}
	return l.put([]byte(all), []byte(shown.String()))
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

// replay shows the end of a log that quiet mode has hidden.
func (l *Log) replay() {
	_ = l.showLines(l.report.release())
	if l.show == nil {
		_, _ = l.err.Write(l.tail)
	}
}

// Backward yields the lines that are not empty, the last one first. Of the engine's report it yields the last line only: the others quote.
func (l *Log) Backward() iter.Seq[string] {
	l.mu.Lock()
	lines := append(strings.Split(string(l.tail), "\n"), l.report.held[max(0, len(l.report.held)-1):]...)
	l.mu.Unlock()
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			if line = cli.OneLine(readable(line, len(l.lines.ReadLine(line).Prefix))); line != "" && !yield(line) {
				return
			}
		}
	}
}
