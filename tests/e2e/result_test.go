package e2e_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The exit codes of the plugin, which are stable.
const (
	codeInternal    = 1
	codeUsage       = 2
	codeBuild       = 3
	codeRegistry    = 4
	codePolicy      = 5
	codeTemporary   = 75
	codeTimeout     = 124
	codeHangup      = 129
	codeInterrupted = 130
	codeTerminated  = 143
)

// result is how a run ended.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
	report         bool
}

var control = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)

// check checks what is the same for the output of all runs.
func (r result) check(t *testing.T) {
	t.Helper()
	if found := control.FindString(r.stderr); found != "" {
		t.Errorf("control character %q on stderr, which is not a terminal:\n%s", found, r.stderr)
	}
	if strings.Contains(r.stderr, "DATA RACE") {
		t.Errorf("data race:\n%s", r.stderr)
	}
	errors, hints := r.lines("error: "), r.lines("hint: ")
	want := 0
	if r.code != 0 {
		want = 1
		if r.stdout != "" && !r.report {
			t.Errorf("a failed run wrote to stdout: %q", r.stdout)
		}
	}
	if len(errors) != want || len(hints) > want {
		t.Errorf("exit code %d with %d error and %d hint lines:\n%s", r.code, len(errors), len(hints), r.stderr)
	}
}

// lines are the lines of stderr that begin with prefix.
func (r result) lines(prefix string) []string {
	return slices.DeleteFunc(strings.Split(r.stderr, "\n"), func(l string) bool { return !strings.HasPrefix(l, prefix) })
}

// fails checks the exit code, and that the error line has all parts.
func (r result) fails(t *testing.T, code int, parts ...string) result {
	t.Helper()
	line := strings.Join(r.lines("error: "), "\n")
	for _, part := range parts {
		if !strings.Contains(line, part) {
			t.Errorf("the error line lacks %q", part)
		}
	}
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	if t.Failed() {
		t.Logf("stderr:\n%s", r.stderr)
	}
	return r
}

// hints checks that the hint line has text.
func (r result) hints(t *testing.T, text string) {
	t.Helper()
	if line := strings.Join(r.lines("hint: "), "\n"); !strings.Contains(line, text) {
		t.Errorf("hint line %q lacks %q", line, text)
	}
}

// within checks that a run took at most d.
func (r result) within(t *testing.T, d time.Duration) result {
	t.Helper()
	if r.took > d {
		t.Errorf("took %s, want at most %s:\n%s", r.took, d, r.stderr)
	}
	return r
}

// succeeds ends the test if the run failed.
func (r result) succeeds(t *testing.T) result {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d:\n%s", r.code, r.stderr)
	}
	return r
}

// says checks that stderr has all parts.
func (r result) says(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("stderr lacks %q:\n%s", part, r.stderr)
		}
	}
}

// soon is how quickly a run must tell that it makes no sense to wait, on a machine with other builds.
const soon = 20 * time.Second
