package engine

// Line is a line of an engine's log.
type Line struct {
	Kind   LineKind
	Step   string // identifies a step within one log; empty for a line that belongs to none
	Prefix string // the start of the line that is not text of the build: number and time
	Text   string // what the line says, without the step's number and the time
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
)
