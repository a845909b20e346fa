package session

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

// TestLostAfterTheGracePeriod has a node that dies: connections stay open, or are refused late, and nothing comes over them. The pod counts its grace
// period from the last data, and so does the client.
func TestLostAfterTheGracePeriod(t *testing.T) {
	for name, c := range map[string]struct {
		grace  time.Duration
		refuse time.Duration // after which a new connection is refused; 0 if it stays open
		want   time.Duration
	}{
		"connections stay open":             {grace: time.Minute, want: time.Minute},
		"connections are refused late":      {grace: time.Minute, refuse: 25 * time.Second, want: time.Minute},
		"one more try after a short period": {grace: 5 * time.Second, want: aliveLimit + shortestTry},
		"a long period":                     {grace: 2 * time.Minute, want: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				s := New(func(ctx context.Context, _ []string, st exec.Streams) error {
					if tries++; tries == 1 {
						_, _ = io.WriteString(st.Stdout, "a line\n")
					}
					if tries > 1 && c.refuse > 0 {
						select {
						case <-time.After(c.refuse):
							return errors.New("no route to host")
						case <-ctx.Done():
						}
					}
					<-ctx.Done()
					return context.Cause(ctx)
				}, c.grace, Handlers{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				start := time.Now()
				go s.Follow(ctx, io.Discard)
				var lost *LostError
				outcome := <-s.Result()
				took := time.Since(start)
				if !errors.As(outcome.Err, &lost) || took < c.want || took > c.want+5*time.Second {
					t.Errorf("%v after %s, want a *LostError after %s", outcome.Err, took, c.want)
				}
				if tries < 2 {
					t.Error("no second try")
				}
			})
		})
	}
}
