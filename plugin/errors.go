package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// The exit codes, stable for scripts.
const (
	codeOK          = 0
	codeInternal    = 1 // the cluster or we ourselves
	codeUsage       = 2
	codeBuild       = 3
	codeRegistry    = 4
	codePolicy      = 5
	codeTimeout     = 124
	codeInterrupted = 128 + int(syscall.SIGINT)
)

const (
	errorPrefix = "error: "
	hintPrefix  = "hint: "
	buildHelp   = "kubectl img build --help"
)

// hinter is an error that knows a command or a setting that helps.
type hinter interface{ Hint() string }

// exitCoder is an error that knows the exit code of the run it ended.
type exitCoder interface{ ExitCode() int }

// Interrupted is the cause of a context that a signal cancelled.
type Interrupted struct{ Signal os.Signal }

func (e Interrupted) Error() string { return fmt.Sprintf("stopped by signal: %v", e.Signal) }

// ExitCode is 128 and the signal's number, as a shell counts.
func (e Interrupted) ExitCode() int {
	if n, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return codeInterrupted
}

// usageError is input that can't be used; nothing has been created.
type usageError struct {
	message string
	hint    string
	cause   error
}

func usagef(format string, args ...any) *usageError {
	err := fmt.Errorf(format, args...)
	return &usageError{message: err.Error(), cause: errors.Unwrap(err)}
}

// invalidValue blames source, a flag or an environment variable, for a value.
func invalidValue(source, value string, cause error) *usageError {
	return usagef("invalid value %q for %s: %w", value, source, cause)
}

func (e *usageError) withHint(hint string) *usageError {
	e.hint = hint
	return e
}

func (e *usageError) Error() string { return e.message }
func (e *usageError) Unwrap() error { return e.cause }

// Hint is a command or setting that helps, or that of the cause.
func (e *usageError) Hint() string {
	if e.hint == "" {
		return hintOf(e.cause)
	}
	return e.hint
}

// ExitCode is that of wrong usage, whatever the cause would say.
func (e *usageError) ExitCode() int { return codeUsage }

// Report writes one error line, and a hint if there is one, and returns the exit code. A nil error writes nothing and returns 0.
func Report(err error, w io.Writer) int {
	if err == nil {
		return codeOK
	}
	line := oneLine(strings.TrimPrefix(lineOf(err), errorPrefix))
	fmt.Fprintln(w, errorPrefix+line)
	if hint := oneLine(hintOf(err)); hint != "" {
		fmt.Fprintln(w, hintPrefix+hint)
	}
	return codeOf(err)
}

func codeOf(err error) int {
	var coder exitCoder
	var process *osexec.ExitError
	switch {
	// A credential plugin's exit status happens to have the same method; it says nothing about our run.
	case errors.As(err, &coder) && !errors.As(err, &process):
		return max(coder.ExitCode(), codeInternal)
	case isFlagError(err):
		return codeUsage
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		return codePolicy
	case errors.Is(err, context.DeadlineExceeded):
		return codeTimeout
	case errors.Is(err, context.Canceled):
		return codeInterrupted
	default:
		return codeInternal
	}
}

func hintOf(err error) string {
	if err == nil {
		return ""
	}
	var h hinter
	if errors.As(err, &h) {
		if hint := h.Hint(); hint != "" {
			return hint
		}
	}
	if isFlagError(err) {
		return buildHelp
	}
	return clusterHint(err)
}

func isFlagError(err error) bool {
	var notExist *pflag.NotExistError
	var noValue *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	return errors.As(err, &notExist) || errors.As(err, &noValue) || errors.As(err, &value) || errors.As(err, &syntax)
}

// oneLine folds newlines and drops control characters: a server's message must not draw on the user's terminal.
func oneLine(s string) string {
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, f := range fields {
		fields[i] = strings.TrimSpace(strings.Map(printable, f))
	}
	return strings.TrimSpace(strings.Join(fields, " "))
}

func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.IsControl(r):
		return -1
	default:
		return r
	}
}

// hintedError adds a way out to the cause of another error.
type hintedError struct {
	error
	hint string
}

func withHint(err error, hint string) error { return &hintedError{err, hint} }

func (e *hintedError) Unwrap() error { return e.error }

// Hint is a command or a setting that helps.
func (e *hintedError) Hint() string { return e.hint }
