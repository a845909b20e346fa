package plugin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/docker/go-units"
	"github.com/go-logr/logr/funcr"
	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
)

// largeContext is the size in bytes from which the user is told what makes it large.
const largeContext = 100e6

// newLogger returns the run's logger on w: plain lines, and client-go's log in it where --verbose asks for that.
func newLogger(p *Plan, w io.Writer) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(w)
	log.SetFormatter(plainFormatter{})
	switch {
	case p.Verbose:
		log.SetLevel(logrus.DebugLevel)
		klog.SetLogger(funcr.New(func(prefix, args string) { log.Debugf("%s %s", prefix, args) }, funcr.Options{}))
	case p.Progress == ProgressQuiet:
		log.SetLevel(logrus.WarnLevel)
	}
	return log
}

// plainFormatter writes what a user reads: no time, no colour, no fields.
type plainFormatter struct{}

// Format writes one line.
func (plainFormatter) Format(e *logrus.Entry) ([]byte, error) {
	prefix := ""
	if e.Level <= logrus.WarnLevel {
		prefix = "warning: "
	}
	return []byte(prefix + oneLine(e.Message) + "\n"), nil
}

// warnOfSize names the largest entries of a large context: what a user forgot to ignore is nearly always among them.
func (b *build) warnOfSize(ctx context.Context) {
	sum, err := b.Source.Scan(ctx)
	if err != nil || sum.Bytes < largeContext {
		return // what can't be read is an error when it is sent
	}
	var names []string
	for _, e := range sum.Largest {
		names = append(names, fmt.Sprintf("%s (%s)", e.Path, units.HumanSize(float64(e.Bytes))))
	}
	b.log.Warnf("the build context holds %s in %d entries, the largest: %s",
		units.HumanSize(float64(sum.Bytes)), sum.Entries, strings.Join(names, ", "))
}

// warnOfLosses names what the image will not hold as the context does.
func (b *build) warnOfLosses(sent buildcontext.Summary) {
	for _, skipped := range sent.Skipped {
		b.log.Warnf("%s is a %s and was left out of the build context", skipped.Path, skipped.Kind)
	}
	if n := len(sent.SetID); n > 0 {
		// img writes content after the mode, and the kernel then clears the bits for all but the real root.
		b.log.Warnf("%d set-user-ID or set-group-ID files lose that bit when img copies them, %s first; RUN chmod sets it again", n, sent.SetID[0])
	}
}

// tail is how much of a hidden log is kept for the case of a failure, in bytes.
const tail = 64 << 10

// buildLog shows the engine's output, or keeps its end.
type buildLog struct {
	mu    sync.Mutex
	show  io.Writer // nil when quiet
	err   io.Writer
	plain bool // no control characters
	end   []byte
}

func newBuildLog(p *Plan, w io.Writer) *buildLog {
	l := &buildLog{err: w, plain: !isTerminal(w)}
	if p.Progress != ProgressQuiet {
		l.show = w
	}
	return l
}

// Write takes a part of the log.
func (l *buildLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shown := p
	if l.plain {
		shown = withoutControls(p)
	}
	l.end = append(l.end, shown...)
	l.end = l.end[max(0, len(l.end)-tail):]
	if l.show != nil {
		if _, err := l.show.Write(shown); err != nil {
			return 0, err
		}
	}
	return len(p), nil
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

// withoutControls drops what would draw on a terminal; a log file is to be read and searched.
func withoutControls(p []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, p)
}
