package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// maxStepLines is how many lines of a failed step's output are repeated.
const maxStepLines = 20

// ShowFailure shows which step failed, where it stands in the Dockerfile and the end of its output, in place of the engine's own report. In the log, all of
// this can be far above, between the output of other steps, or missing. It returns what the log says about the failure.
// file is the user's name for the Dockerfile, or empty.
func (l *Log) ShowFailure(file string) engine.Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	place, source := l.report.quotation()
	place = readable(place, 0)
	ended := l.report.last()
	step := l.failedStep(ended.Text)
	if step.name == "" {
		step.name = l.nameOf(source)
	}
	found := engine.Failure{Place: place, ExitCode: ended.ExitCode}
	if ended.Kind != engine.LineError {
		found.ExitCode = step.code
	}
	if step.name == "" && place == "" {
		l.replay()
		return found
	}
	if line, ok := strings.CutPrefix(place, "Dockerfile:"); ok && file != "" { // its name in the pod
		found.Place = file + ":" + line
	}
	name := readable(step.name, 0)
	found.Position = l.lines.ReadLine("#1 " + name).Position
	text := headline(found, name)
	for _, line := range source {
		text += readable(line, 0) + "\n"
	}
	switch {
	case len(step.output) > maxStepLines:
		text += indented(fmt.Sprintf("the last %d lines of its output:\n", maxStepLines), step.output[1:])
	case len(step.output) > 0:
		text += indented("its output:\n", step.output)
	}
	_, _ = l.err.Write(append(slices.Clone(l.interrupt()), text...))
	return found
}

func headline(found engine.Failure, name string) string {
	what, rest := "build", ""
	switch {
	case found.Position != "":
		what, rest = "step "+found.Position, strings.TrimPrefix(name, "["+found.Position+"] ")
	case name != "":
		what = "step " + name
	}
	text := what + " failed"
	if found.ExitCode != 0 {
		text += fmt.Sprintf(" with exit code %d", found.ExitCode)
	}
	if found.Place != "" {
		rest = found.Place
	}
	if rest != "" {
		text += ": " + rest
	}
	return text + "\n"
}

// indented returns the title and the lines below it, or nothing if there are none.
func indented(title string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	for _, line := range lines {
		title += "  " + strings.TrimRight(readable(line, 0), " \n") + "\n"
	}
	return title
}

// failedStep is what the log has about a step that failed.
type failedStep struct {
	number string
	name   string
	code   int
	output []string // no more than one line longer than what is shown
}

// failedStep finds the step whose error ended the engine, or else the last one that failed.
func (l *Log) failedStep(ended string) failedStep {
	var step failedStep
	log := strings.Split(string(l.tail), "\n")
	for _, text := range slices.Backward(log) {
		line := l.lines.ReadLine(text)
		if line.Kind != engine.LineFailed {
			continue
		}
		said := cli.OneLine(strings.TrimPrefix(line.Text, "ERROR: "))
		if isCause := strings.HasSuffix(ended, said); isCause || step.number == "" {
			step.number, step.code = line.Step, line.ExitCode
			if isCause {
				break
			}
		}
	}
	for _, text := range slices.Backward(log) {
		line := l.lines.ReadLine(text)
		switch {
		case step.number == "" || line.Step != step.number:
		case line.Kind == engine.LineOutput && len(step.output) <= maxStepLines:
			step.output = append(step.output, line.Text)
		case step.name == "" && (line.Kind == engine.LineName || line.Kind == engine.LineInternal):
			step.name = line.Text
		}
	}
	slices.Reverse(step.output)
	if step.name == "" { // its name is above what is kept of the log
		step.name = cmp.Or(l.report.title(), step.number)
	}
	return step
}

// nameOf returns the name of the step whose instruction is marked in the source. An engine that gives up a step before it has begun reports no step that
// failed.
func (l *Log) nameOf(source []string) string {
	marked := ""
	for _, line := range source {
		marked += strings.TrimSuffix(l.lines.ReadLine(line).Marked, `\`) + " "
	}
	marked = strings.Join(strings.Fields(marked), " ")
	for text := range strings.Lines(string(l.tail)) {
		line := l.lines.ReadLine(text)
		_, instruction, _ := strings.Cut(line.Text, "] ")
		if line.Kind == engine.LineName && marked != "" && strings.Join(strings.Fields(instruction), " ") == marked {
			return line.Text
		}
	}
	return ""
}
