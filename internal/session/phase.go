package session

import (
	"bytes"
	"context"
	"strings"

	"github.com/kubectl-img/kubectl-img/exec"
)

// maxPhase is more than the length of a phase in bytes.
const maxPhase = 64

// Phase asks the supervisor for the phase of its job: upload, or the phase of a step.
func Phase(ctx context.Context, run Runner) (string, error) {
	var out bytes.Buffer
	first := sinkFunc(func(p []byte) { out.Write(p[:min(len(p), maxPhase-out.Len())]) })
	if err := run(ctx, verb("phase"), exec.Streams{Stdin: strings.NewReader(""), Stdout: first}); err != nil {
		return "", err // the stream may still write: nobody may read out
	}
	return withoutControls(strings.TrimSpace(out.String())), nil
}
