// Package panics turns a panic into an error, so that it costs a run and not what the run has to clean up.
package panics

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Error is a defect of ours.
type Error struct {
	Value any
	Stack []byte
}

func (e *Error) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Hint asks for a report.
func (e *Error) Hint() string {
	return "run it again with --verbose and report the output: this is a defect of kubectl img"
}

// Recover adds a panic to err. It is to be deferred wherever a goroutine calls back.
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = errors.Join(*err, &Error{value, debug.Stack()})
	}
}

// Do returns what do returns, or its panic.
func Do(do func() error) (err error) {
	defer Recover(&err)
	return do()
}
