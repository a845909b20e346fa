package progress

import (
	"context"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// Interruptible returns the error of show. After the end of ctx it waits for a moment only, and then returns the cause: show can be waiting for a reader
// that has stopped, as less does after its first page.
func Interruptible(ctx context.Context, show func() error) error {
	shown := make(chan error, 1)
	go func() { shown <- panics.Do(show) }()
	select {
	case err := <-shown:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-shown:
		return err
	case <-time.After(2 * patience):
		return context.Cause(ctx)
	}
}
