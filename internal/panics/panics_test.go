package panics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

func TestDo(t *testing.T) {
	failed := errors.New("failed")
	var pods map[string]int
	for name, c := range map[string]struct {
		do   func() error
		want string // the error contains it
	}{
		"error":                  {func() error { return failed }, "failed"},
		"panic":                  {func() error { panic("broken") }, "internal error: broken (panics_test.TestDo"},
		"panic of the runtime":   {func() error { pods["x"] = 1; return nil }, "assignment to entry in nil map (panics_test.TestDo"},
		"panic below the caller": {func() error { return crash() }, "panics_test.crash, panics_test.go:"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := panics.Do(c.do); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	t.Run("no error", func(t *testing.T) {
		if err := panics.Do(func() error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

func crash() error { panic("broken") }

func TestRecover(t *testing.T) {
	failed := errors.New("failed")
	run := func() (err error) {
		defer panics.Recover(&err)
		err = failed
		panic("broken")
	}
	if err := run(); !errors.Is(err, failed) || !strings.Contains(err.Error(), "internal error: broken") {
		t.Errorf("%v, want both errors", err)
	}
}
