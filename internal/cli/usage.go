package cli

import (
	"errors"
	"fmt"
)

// UsageError is input that can't be used. Nothing has been created.
type UsageError struct {
	message string
	hint    string
	cause   error
}

// Usagef returns a UsageError with the text that fmt.Errorf makes of its arguments.
func Usagef(format string, args ...any) *UsageError {
	err := fmt.Errorf(format, args...)
	return &UsageError{message: err.Error(), cause: errors.Unwrap(err)}
}

// Usage turns err into a UsageError with the same text.
func Usage(err error) *UsageError { return &UsageError{message: err.Error(), cause: err} }

// InvalidValue blames source, a flag or an environment variable, for a value.
func InvalidValue(source, value string, cause error) *UsageError {
	return Usagef("invalid value %q for %s: %w", value, source, cause)
}

// WithHint sets the hint and returns e.
func (e *UsageError) WithHint(hint string) *UsageError {
	e.hint = hint
	return e
}

func (e *UsageError) Error() string { return e.message }
func (e *UsageError) Unwrap() error { return e.cause }

// Hint is a command or setting that helps, or the hint of the cause.
func (e *UsageError) Hint() string {
	if e.hint == "" {
		return Hint(e.cause)
	}
	return e.hint
}

// ExitCode is that of wrong usage, whatever the cause says.
func (e *UsageError) ExitCode() int { return CodeUsage }

// UnsupportedFlagError is a flag of docker that kubectl img does not have.
type UnsupportedFlagError struct {
	Source  string // as the user gave it: --secret or KUBECTL_IMG_SECRET
	Reason  string // completes "--NAME "
	Instead string // a command or a setting
}

func (e *UnsupportedFlagError) Error() string { return e.Source + " " + e.Reason }

// Hint is what to use instead.
func (e *UnsupportedFlagError) Hint() string { return e.Instead }

// ExitCode is that of wrong usage.
func (e *UnsupportedFlagError) ExitCode() int { return CodeUsage }
