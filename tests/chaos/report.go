package main

import (
	"fmt"
	"strings"
	"time"
)

// report is the result of a run.
type report struct {
	plan
	outcome
	disturbed  bool // the client had not ended before the fault
	took       time.Duration
	violations []string
	dir        string // of everything about a run with violations
}

func (r report) String() string {
	line := fmt.Sprintf("seed=%d %s: %s; exit code %d after %.1fs", r.seed, r.kind, r.what, r.code, r.took.Seconds())
	if !r.disturbed {
		line += " (ended before the fault)"
	}
	if e := r.lines("error: "); len(e) > 0 {
		line += "; " + e[0]
	}
	if len(r.violations) > 0 {
		line += "\n  VIOLATION " + strings.Join(r.violations, "\n  VIOLATION ") + "\n  see " + r.dir
	}
	return line
}
