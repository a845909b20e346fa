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

// TestLostAfterTheGracePeriod has connections over which nothing comes any more: they stay open, or are refused late. If the node is lost, the grace
// period counts from the last data. Otherwise the pod may hear this client, and have the whole grace period after the connection was given up.
func TestLostAfterTheGracePeriod(t *testing.T) {
	for name, c := range map[string]struct {
		lost   bool // the control plane has lost the node
		grace  time.Duration
		refuse time.Duration // after which a new connection is refused; 0 if it stays open
		want   time.Duration
	}{
		"connections stay open":                  {grace: time.Minute, want: aliveLimit + time.Minute},
		"they do, and the node is lost":          {lost: true, grace: time.Minute, want: time.Minute},
		"the node is lost, and they are refused": {lost: true, grace: time.Minute, refuse: 25 * time.Second, want: time.Minute},
		"one more try after a short period":      {lost: true, grace: 5 * time.Second, want: aliveLimit + shortestTry},
		"a long period":                          {lost: true, grace: 2 * time.Minute, want: 2 * time.Minute},
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
				s.NodeLost(c.lost)
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
