package main

import (
	"sync/atomic"
	"time"
)

const (
	// workers is the number of calls that are answered at once, at most.
	workers = 4
	// queuedWithin is how fast a call arrives that was there before the worker asked for it.
	queuedWithin = 2 * time.Microsecond
	// streak is how many calls in a row show that there are too few receivers, or too many.
	streak = 32
	// slowAnswer is how long an answer can take until another worker receives the calls.
	slowAnswer = 5 * time.Millisecond
)

// turns says which workers receive calls. The kernel wakes every thread that waits for a call, and all but one in vain: with four threads each
// call costs a third more. So one worker receives, and others join while calls queue up, or while answers are slow.
type turns struct {
	receivers atomic.Int32
	invited   chan struct{}
	answering [workers]atomic.Int64 // when each worker began to answer, in nanoseconds; 0 if it does not
}

func newTurns() *turns {
	t := &turns{invited: make(chan struct{}, workers)}
	t.invite()
	return t
}

// invite lets one more worker receive calls, if there is one.
func (t *turns) invite() {
	if n := t.receivers.Load(); n < workers && t.receivers.CompareAndSwap(n, n+1) {
		t.invited <- struct{}{}
	}
}

// leave ends a worker's turn, unless nobody else would receive calls.
func (t *turns) leave() bool {
	n := t.receivers.Load()
	return n > 1 && t.receivers.CompareAndSwap(n, n-1)
}

// watch invites another worker whenever all receivers are busy with slow answers: a file system can take its time.
func (t *turns) watch() {
	for now := range time.Tick(slowAnswer) {
		if t.slow(now) >= t.receivers.Load() {
			t.invite()
		}
	}
}

// slow counts the workers whose answer takes long.
func (t *turns) slow(now time.Time) int32 {
	n := int32(0)
	for i := range t.answering {
		if since := t.answering[i].Load(); since != 0 && now.UnixNano()-since > int64(slowAnswer) {
			n++
		}
	}
	return n
}

// turn is a worker's turn.
type turn struct {
	*turns
	queued, waited int // calls in a row that were there already, or not
}

// received takes note of a call that arrived after a wait, and invites another worker if calls queue up.
func (t *turn) received(wait time.Duration) {
	if wait > queuedWithin {
		t.queued, t.waited = 0, t.waited+1
		return
	}
	t.queued, t.waited = t.queued+1, 0
	if t.queued == streak {
		t.queued = 0
		t.invite()
	}
}

// over tells whether the turn ends: there are more receivers than calls.
func (t *turn) over() bool { return t.waited >= streak && t.leave() }
