package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// plan is one run before it begins, a pure function of its seed.
type plan struct {
	seed uint64
	kind string
	shape
	fault
}

// kind is a kind of harm; weight is how many in a round of runs are of it.
type kind struct {
	name   string
	weight int
	plan   func(*rand.Rand) fault
}

// fault is a harm with its moment and its measure, and what may come of it.
type fault struct {
	what  string // the measure, in words
	when  moment
	grace time.Duration    // --detach-grace
	alone bool             // harms everybody, so that nothing else may run
	turns bool             // new connections can be led round the link
	gated bool             // push and pull go through the run's own registry
	http1 bool             // and it does not speak HTTP/2
	set   func(*run) error // before the client starts
	harm  func(context.Context, *run) error
	check func(context.Context, *run) []string // more to judge, once the client has ended
	want  want
}

// moment is a time after the client said something.
type moment struct {
	after string // part of a line on stderr; empty for the start
	delay time.Duration
}

func (m moment) String() string {
	if m.after == "" {
		return fmt.Sprintf("%s after the start", m.delay)
	}
	return fmt.Sprintf("%s after %q", m.delay, m.after)
}

// The lines by which the phases of a build begin.
const (
	atStart   = ""
	atPod     = "created builder pod"
	atUpload  = "registry login: "
	atContext = "sent the build context"
	atRun     = "line-1;"
	atPush    = "Pushing "
)

// anyMoment is in any phase.
func anyMoment(r *rand.Rand) moment {
	return within(r, pick(r, atStart, atPod, atPod, atUpload, atContext, atContext, atRun, atRun, atPush))
}

// within is a moment in the phase that begins with a line. A push is short.
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

// newPlan takes the kinds in turns, so that a round of runs has every one of them.
func newPlan(seed uint64) plan {
	var round []kind
	for _, k := range kinds() {
		for range k.weight {
			round = append(round, k)
		}
	}
	// A step that shares no factor with the round mixes them without leaving any out.
	k := round[(seed*coprime(len(round)))%uint64(len(round))]
	r := rand.New(rand.NewPCG(seed, 0))
	p := plan{seed: seed, kind: k.name, shape: newShape(r), fault: k.plan(r)}
	if p.grace == 0 {
		p.grace = usualGrace
	}
	if p.want.within == 0 {
		p.want.within = patience
	}
	if p.harm != nil {
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
	// usualGrace is longer than any harm that a build has to survive, also on a machine that is slow to start a process.
	usualGrace = 15 * time.Second
	// shortGrace is for harms that outlast it.
	shortGrace = 5 * time.Second
	// patience is how long a client may take to end, from the harm's end on: the build itself and every repetition.
	patience = 60 * time.Second
)
