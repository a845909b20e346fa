package engine

// Line is a line of an engine's log.
type Line struct {
	Kind   LineKind
	Step   string // identifies a step within one log; empty for a line that belongs to none
	Prefix string // the start of the line that is not text of the build: number and time
	Text   string // what the line says, without the step's number and the time

	Marked   string // LineQuoted: what is to blame of the line, or nothing
	Position string // LineName: which step of its stage it is, such as "build 2/5"
	ExitCode int    // LineFailed, LineError: of the command, 0 if the line does not say it
}

// LineKind is what a line says about its step.
type LineKind int

// The kinds of lines.
const (
	LineOther    LineKind = iota // belongs to no step
	LineStep                     // says something else about a step
	LineName                     // names a step of the Dockerfile
	LineInternal                 // names a step that the Dockerfile does not have
	LineOutput                   // is output of a command
	LineCached                   // says that the step was cached
	LineFailed                   // says that the step failed
	LineFrame                    // begins or ends a repetition of a failed step's output
	LineTitle                    // names the repeated step
	LinePlace                    // is a file and the number of a line, before a quotation of the file
	LineRule                     // begins or ends the quotation
	LineQuoted                   // is a line of the file
	LineError                    // says what ended the engine
)
