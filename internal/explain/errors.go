package explain

// explainedError is an error in the user's terms.
type explainedError struct {
	text string
	hint string
	code int
	err  error
}

func (e *explainedError) Error() string { return e.text }
func (e *explainedError) Unwrap() error { return e.err }

// Hint is a command or a setting that helps, or empty.
func (e *explainedError) Hint() string { return e.hint }

// ExitCode is that of the phase that failed.
func (e *explainedError) ExitCode() int { return e.code }
