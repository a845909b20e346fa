package main

import (
	"testing"
	"time"
)

// joined takes the invitations that are waiting, and counts them.
func joined(t *turns) int {
	n := 0
	for len(t.invited) > 0 {
		<-t.invited
		n++
	}
	return n
}

func TestTurns(t *testing.T) {
	t.Run("one worker begins", func(t *testing.T) {
		if n := joined(newTurns()); n != 1 {
			t.Errorf("%d workers receive calls", n)
		}
	})
	t.Run("the only receiver stays", func(t *testing.T) {
		turn := turn{turns: newTurns()}
		for range 10 * streak {
			turn.received(time.Second)
			if turn.over() {
				t.Fatal("nobody receives calls")
			}
		}
	})
	t.Run("calls queue up, and cease to", func(t *testing.T) {
		all := newTurns()
		joined(all)
		turn := turn{turns: all}
		for range 10 * streak {
			turn.received(0)
		}
		if n := joined(all); n != workers-1 {
			t.Errorf("%d workers join, want all others", n)
		}
		turn.received(time.Second)
		if turn.over() {
			t.Error("the turn ends after one call that was waited for")
		}
		for range streak {
			turn.received(time.Second)
		}
		if !turn.over() {
			t.Error("no worker leaves when no calls queue up")
		}
	})
	t.Run("every receiver is slow", func(t *testing.T) {
		all := newTurns()
		joined(all)
		go all.watch()
		for busy := 1; busy < workers; busy++ {
			all.answering[busy-1].Store(time.Now().UnixNano())
			select {
			case <-all.invited:
			case <-time.After(10 * time.Second):
				t.Fatalf("no other worker joins while %d answer slowly", busy)
			}
			if waiting := all.receivers.Load(); waiting != int32(busy+1) {
				t.Errorf("%d receivers, want %d", waiting, busy+1)
			}
		}
	})
}
