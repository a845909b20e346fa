package progress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// How many lines of a failed step's output are repeated, where they were shown before and where they were not.
const shownStepLines, hiddenStepLines = 20, 200

// RepeatFailedStep shows the end of the failed step's output next to the error. In a log file this output may be
// far above, between that of other steps, or missing. It does nothing on a terminal, and nothing in quiet mode, where Replay shows all.
func (l *Log) RepeatFailedStep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.show == nil || !l.plain {
		return
	}
	limit := shownStepLines
	if l.steps != nil {
		limit = hiddenStepLines
	}
	name, output := l.failedStep(strings.Split(string(l.tail), "\n"), limit)
	if len(output) == 0 {
		return
	}
	_, _ = fmt.Fprintf(l.show, "the end of step %s:\n  %s\n", name, strings.Join(output, "\n  "))
}

// failedStep finds the last step that failed, and returns its name and at most limit last lines of its output.
func (l *Log) failedStep(log []string, limit int) (name string, output []string) {
	step := ""
	for _, text := range slices.Backward(log) {
		line := l.lines.ReadLine(text)
		if step == "" && line.Kind == engine.LineFailed {
			step = line.Step
		}
		switch {
		case step == "" || line.Step != step:
		case line.Kind == engine.LineOutput && len(output) < limit:
			output = append(output, line.Text)
		case line.Kind == engine.LineName || line.Kind == engine.LineInternal:
			name = line.Text
		}
	}
	slices.Reverse(output)
	if name == "" {
		name = step
	}
	return name, output
}
