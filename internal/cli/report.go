package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode"
)

const (
	errorPrefix = "error: "
	hintPrefix  = "hint: "
	buildHelp   = "kubectl img build --help"
)

// hinter is an error that knows a command or a setting that helps.
type hinter interface{ Hint() string }

// Interrupted is the cause of a context that a signal cancelled.
type Interrupted struct{ Signal os.Signal }

func (e Interrupted) Error() string { return fmt.Sprintf("stopped by signal: %v", e.Signal) }

// ExitCode is 128 plus the number of the signal, as in a shell.
func (e Interrupted) ExitCode() int {
	if n, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return CodeInterrupted
}

// Report writes one error line and at most one hint line, and returns the exit code. For a nil error it writes nothing and returns 0.
func Report(err error, w io.Writer) int {
	if err == nil {
		return CodeOK
	}
	_, _ = fmt.Fprintln(w, errorPrefix+OneLine(strings.TrimPrefix(err.Error(), errorPrefix)))
	if hint := OneLine(Hint(err)); hint != "" {
		_, _ = fmt.Fprintln(w, hintPrefix+hint)
	}
	return ExitCode(err)
}

// Hint returns the command or the setting that helps against err, or nothing.
func Hint(err error) string {
	var h hinter
	if errors.As(err, &h) {
		if hint := h.Hint(); hint != "" {
			return hint
		}
	}
	if isFlagError(err) {
		return buildHelp
	}
	return ""
}

// hintedError adds a hint to an error.
type hintedError struct {
	error
	hint string
}

// WithHint returns err with a hint.
func WithHint(err error, hint string) error { return &hintedError{err, hint} }

func (e *hintedError) Unwrap() error { return e.error }

// Hint is a command or a setting that helps.
func (e *hintedError) Hint() string { return e.hint }

// OneLine folds line breaks and drops control characters: the message of a server must not control the user's terminal.
func OneLine(s string) string {
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
	case !Printable(r):
		return -1
	default:
		return r
	}
}

// Printable reports whether a terminal only shows r: it is no control character, no line break, and does not change the order of the characters around it.
func Printable(r rune) bool {
	return !unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r) && !unicode.In(r, unicode.Zl, unicode.Zp)
}
