package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// plan describes a run. It depends on nothing but the seed.
type plan struct {
	seed uint64
	kind string
	shape
	fault
}

// kind is a kind of fault. A round of runs has as many of it as its weight says.
type kind struct {
	name   string
	weight int
	plan   func(*rand.Rand) fault
}

// fault disturbs a build at a moment.
type fault struct {
	what        string // its extent, in words
	when        moment
	grace       time.Duration                        // --detach-grace
	alone       bool                                 // disturbs every build, so that no other run may be in progress
	detour      bool                                 // new connections can be led past the link
	ownRegistry bool                                 // the run pulls and pushes through a registry proxy of its own
	http1       bool                                 // and that does not offer HTTP/2
	set         func(*run) error                     // called before the client starts; may be nil
	disturb     func(context.Context, *run) error    // called at the moment; may be nil
	check       func(context.Context, *run) []string // called after the client's end, returns violations; may be nil
	want        want
}

// moment is a time after the client printed something.
type moment struct {
	after string // part of a line on stderr; empty: the start
	delay time.Duration
}

func (m moment) String() string {
	if m.after == "" {
		return fmt.Sprintf("%s after the start", m.delay)
	}
	return fmt.Sprintf("%s after %q", m.delay, m.after)
}

// The lines at the beginning of each phase of a build.
const (
	atStart   = ""
	atPod     = "created builder pod"
	atUpload  = "registry login: "
	atContext = "sent the build context"
	atRun     = "line-1;"
	atPush    = "Pushing "
)

// anyMoment is a moment in any phase.
func anyMoment(r *rand.Rand) moment {
	return within(r, pick(r, atStart, atPod, atPod, atUpload, atContext, atContext, atRun, atRun, atPush))
}

// within is a moment in the phase that begins with a line. The push is a short phase.
func within(r *rand.Rand, after string) moment {
	if after == atPush {
		return moment{after, millis(r, 0, 150)}
	}
	return moment{after, millis(r, 0, 900)}
}

func millis(r *rand.Rand, from, to int) time.Duration {
	return time.Duration(from+r.IntN(to-from)) * time.Millisecond
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// newPlan takes the kinds in turns, so that a round of runs has all of them.
func newPlan(seed uint64) plan {
	var round []kind
	for _, k := range kinds() {
		for range k.weight {
			round = append(round, k)
		}
	}
	// Steps that have no factor in common with the length of the round reach all of it, in a mixed order.
	k := round[(seed*coprime(len(round)))%uint64(len(round))]
	r := rand.New(rand.NewPCG(seed, 0))
	p := plan{seed: seed, kind: k.name, shape: newShape(r), fault: k.plan(r)}
	if p.grace == 0 {
		p.grace = usualGrace
	}
	if p.want.within == 0 {
		p.want.within = patience
	}
	if p.disturb != nil {
		p.what = p.when.String() + ": " + p.what
	}
	return p
}

func coprime(n int) uint64 {
	for step := n/3 + 1; ; step++ {
		a, b := step, n
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return uint64(step)
		}
	}
}

const (
	// usualGrace is longer than any fault that a build must survive, even if the machine starts processes slowly.
	usualGrace = 15 * time.Second
	// shortGrace is for faults that last longer.
	shortGrace = 5 * time.Second
	// patience is how long a client may take to end after the fault, with the build and all repetitions.
	patience = 60 * time.Second
)
