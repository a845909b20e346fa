package session

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kubectl-img/kubectl-img/exec"
)

func TestPhase(t *testing.T) {
	t.Run("answer", func(t *testing.T) {
		phase, err := Phase(t.Context(), func(_ context.Context, _ []string, s exec.Streams) error {
			_, err := fmt.Fprintln(s.Stdout, "build")
			return err
		})
		if phase != "build" || err != nil {
			t.Errorf("%q, %v", phase, err)
		}
	})
	// The race detector fails where the answer is read while the stream still writes.
	t.Run("time limit", func(t *testing.T) {
		written := make(chan struct{})
		phase, err := Phase(t.Context(), func(_ context.Context, _ []string, s exec.Streams) error {
			go func() {
				defer close(written)
				_, _ = fmt.Fprintln(s.Stdout, "build")
			}()
			return context.DeadlineExceeded
		})
		<-written
		if phase != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %v", phase, err)
		}
	})
}
