package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

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
