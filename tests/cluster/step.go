package cluster

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress prints one line for each step, with the time since Up began and the duration of the step.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, start: time.Now()}
}

// step runs do. It wraps an error with what, which therefore starts with a verb.
func (p *progress) step(what string, do func() error) error {
	began := time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%7.1fs  %s (%.1fs)\n", time.Since(p.start).Seconds(), what, time.Since(began).Seconds())
	return nil
}
