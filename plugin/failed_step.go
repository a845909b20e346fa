package plugin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// How many lines of a failed step's output are shown again, and how many if they have not been shown.
const failedStepLines, hiddenStepLines = 20, 200

var (
	stepFailed = regexp.MustCompile(`^(#[0-9]+) ERROR: `)
	stepTime   = regexp.MustCompile(`^[0-9]+\.[0-9]+ `)
)

// repeatStep shows the last words of the step that failed next to the error: in a log file they may stand far above, among those
// of the steps that ran beside it, or nowhere. On a terminal nobody has to look for them, and a hidden log is replayed as a whole.
func (l *buildLog) repeatStep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.show == nil || !l.plain {
		return
	}
	enough := failedStepLines
	if l.steps != nil {
		enough = hiddenStepLines
	}
	name, said := failedStep(strings.Split(string(l.end), "\n"), enough)
	if len(said) == 0 {
		return
	}
	_, _ = fmt.Fprintf(l.show, "the end of step %s:\n  %s\n", name, strings.Join(said, "\n  "))
}

// failedStep finds the step of which the engine says last that it failed, and its last lines without their times, enough of them at most.
func failedStep(log []string, enough int) (name string, said []string) {
	id := ""
	for _, line := range slices.Backward(log) {
		if match := stepFailed.FindStringSubmatch(line); id == "" && match != nil {
			id = match[1]
		}
		text, of := strings.CutPrefix(line, id+" ")
		switch {
		case id == "" || !of:
		case stepTime.MatchString(text) && len(said) < enough:
			said = append(said, stepTime.ReplaceAllString(text, ""))
		case strings.HasPrefix(text, "["):
			name = text
		}
	}
	slices.Reverse(said)
	if name == "" {
		name = id
	}
	return name, said
}
