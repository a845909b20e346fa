package engine

import "fmt"

// Failure is where a build failed, as far as its log says it.
type Failure struct {
	Position string // which step of its stage it is, such as "build 2/5"
	Place    string // FILE:LINE
	ExitCode int    // of the step's command, 0 if it is not known
}

// String returns the failure of a command in a few words, or nothing if the log does not say which step it was, and how its command ended.
func (f Failure) String() string {
	switch {
	case f.Position == "" || f.ExitCode == 0:
		return ""
	case f.Place == "":
		return fmt.Sprintf("step %s: exit code %d", f.Position, f.ExitCode)
	default:
		return fmt.Sprintf("step %s (%s): exit code %d", f.Position, f.Place, f.ExitCode)
	}
}
