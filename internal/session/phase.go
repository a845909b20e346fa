package session

import (
	"bytes"
	"context"
	"strings"

	"github.com/kubectl-img/kubectl-img/exec"
)

// Phase asks the supervisor for the phase of its job: upload, or the phase of a step.
func Phase(ctx context.Context, run Runner) (string, error) {
	var out bytes.Buffer
	if err := run(ctx, verb("phase"), exec.Streams{Stdin: strings.NewReader(""), Stdout: &out}); err != nil {
		return "", err // the stream may still write: nobody may read out
	}
	return strings.TrimSpace(out.String()), nil
}
