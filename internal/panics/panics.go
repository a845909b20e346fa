// Package panics turns a panic into an error, so that a run still cleans up after one.
package panics

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// panicError is a panic. It stands for a defect of kubectl img.
type panicError struct {
	value any
	where string // function, file and line
}

func (e *panicError) Error() string { return fmt.Sprintf("internal error: %v (%s)", e.value, e.where) }

// Hint asks the user for a report.
func (e *panicError) Hint() string {
	return "run it again with --verbose and report the output: this is a defect of kubectl img"
}

// Recover adds a panic to err. Defer it in functions that other packages call on goroutines of their own.
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = errors.Join(*err, &panicError{value, origin()})
	}
}

// Do returns the error of do, or its panic as an error.
func Do(do func() error) (err error) {
	defer Recover(&err)
	return do()
}

// origin returns where the panic that is being recovered began.
func origin() string {
	counters := make([]uintptr, 64)
	frames := runtime.CallersFrames(counters[:runtime.Callers(1, counters)])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !inRuntime {
			return fmt.Sprintf("%s, %s:%d", path.Base(frame.Function), path.Base(frame.File), frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "unknown place"
		}
	}
}
