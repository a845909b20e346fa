// Package progress shows what a run does: its log, the engine's output, and how much of the build context was sent.
package progress

// Mode is how much of the build's output is shown.
type Mode string

// The modes of --progress.
const (
	Auto  Mode = "auto"
	Plain Mode = "plain"
	Steps Mode = "steps"
	Quiet Mode = "quiet"
)

// Modes returns every mode.
func Modes() []Mode { return []Mode{Auto, Plain, Steps, Quiet} }
