package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// want is what may come of a harm that reached its build.
type want struct {
	outcome  ending
	codes    []int         // of a failure
	words    []string      // one of which the error line of a failure holds, in any case
	within   time.Duration // of the harm's end
	killed   bool          // the client is ended, and says nothing more
	killable bool          // it may be, as long as it has done nothing: a program that just starts has no handlers yet
	hurried  bool          // the client may end at once, with a delete command in place of an error
	cutOff   bool          // the API server stays out of the client's reach, so that it can't clean up
}

// ending restricts how a run may end.
type ending int

const (
	either   ending = iota
	succeeds        // whatever happens on the way
	fails           // and says why
)

// kinds are all there are, with how many of a round each has.
func kinds() []kind {
	return slices.Concat(
		[]kind{{"none", 1, func(*rand.Rand) fault { return fault{what: "no harm", want: want{outcome: succeeds}} }}},
		networkKinds(), signalKinds(), podKinds(), registryKinds(), componentKinds(), clockKinds(),
	)
}
