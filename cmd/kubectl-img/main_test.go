package main

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestAwaitEnd sends signals after the first one: those that belong to it do not keep the run from cleaning up.
func TestAwaitEnd(t *testing.T) {
	for name, c := range map[string]struct {
		after []time.Duration // when SIGTERM comes
		want  os.Signal
		took  time.Duration
	}{
		"the first one only":          {nil, os.Interrupt, cleanupLimit},
		"another one at once":         {[]time.Duration{0, time.Millisecond}, os.Interrupt, cleanupLimit},
		"another one, by a hand":      {[]time.Duration{sameEvent}, syscall.SIGTERM, sameEvent},
		"one at once and one by hand": {[]time.Duration{0, 2 * sameEvent}, syscall.SIGTERM, 2 * sameEvent},
		"just before it is another":   {[]time.Duration{sameEvent - 1}, os.Interrupt, cleanupLimit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal, 2)
				for _, after := range c.after {
					time.AfterFunc(after, func() { signals <- syscall.SIGTERM })
				}
				began := time.Now()
				if got := awaitEnd(signals, os.Interrupt); got != c.want || time.Since(began) != c.took {
					t.Errorf("%v after %s, want %v after %s", got, time.Since(began), c.want, c.took)
				}
			})
		})
	}
}
