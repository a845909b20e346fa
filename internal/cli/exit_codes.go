package cli

import (
	"context"
	"errors"
	osexec "os/exec"
	"syscall"
)

// The exit codes, stable for scripts.
const (
	CodeOK          = 0
	CodeInternal    = 1 // the cluster, or a defect of kubectl img
	CodeUsage       = 2
	CodeBuild       = 3
	CodeRegistry    = 4
	CodePolicy      = 5  // admission or RBAC
	CodeTemporary   = 75 // EX_TEMPFAIL of sysexits.h: the same run can succeed later, without any change
	CodeTimeout     = 124
	CodeInterrupted = 128 + int(syscall.SIGINT)
)

// exitCoder is an error that knows the exit code of the run it ended.
type exitCoder interface{ ExitCode() int }

// OwnExitCode returns the exit code that err itself, or an error it wraps, asks for.
func OwnExitCode(err error) (int, bool) {
	var coder exitCoder
	var process *osexec.ExitError
	// The exit status of a credential plugin has the same method, and says nothing about this run.
	if errors.As(err, &coder) && !errors.As(err, &process) {
		return max(coder.ExitCode(), CodeInternal), true
	}
	return 0, false
}

// ExitCode returns the exit code of a run that ended with err.
func ExitCode(err error) int {
	code, ok := OwnExitCode(err)
	switch {
	case err == nil:
		return CodeOK
	case ok:
		return code
	case isFlagError(err):
		return CodeUsage
	case errors.Is(err, context.DeadlineExceeded):
		return CodeTimeout
	case errors.Is(err, context.Canceled):
		return CodeInterrupted
	default:
		return CodeInternal
	}
}
