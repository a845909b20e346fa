package cluster

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// progress prints one line per step, with the time since Up began and the time the step took.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, start: time.Now()}
}

// step runs do and wraps its error with what, which therefore starts with a verb.
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

// run runs a command to its end; its error carries the end of the output.
func run(cmd *exec.Cmd) error {
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, tail(output, 2000))
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	return run(exec.CommandContext(ctx, name, args...))
}

// capture returns a command's standard output without the final newline.
func capture(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, tail([]byte(stderr.String()), 2000))
	}
	return strings.TrimRight(string(output), "\n"), nil
}

func tail(output []byte, limit int) string {
	text := strings.TrimSpace(string(output))
	if len(text) > limit {
		text = "… " + text[len(text)-limit:]
	}
	return text
}
