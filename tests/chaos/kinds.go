package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// want are the acceptable ends of a build that a fault has disturbed.
type want struct {
	outcome  ending
	codes    []int         // of a failure
	words    []string      // the error line of a failure has one of them; case does not matter
	within   time.Duration // after the end of the fault
	killed   bool          // the fault ends the client, which says nothing more
	killable bool          // the fault may end it before its signal handlers are set up and it has done anything
	hurried  bool          // the client may end at once, with a delete command instead of an error
	cutOff   bool          // the client can't reach the API server any more, so it can't clean up
}

// ending is success, failure, or either.
type ending int

const (
	either ending = iota
	succeeds
	fails // and names the cause
)

// kinds are all kinds of faults.
func kinds() []kind {
	return slices.Concat(
		[]kind{{"none", 1, func(*rand.Rand) fault { return fault{what: "no fault", want: want{outcome: succeeds}} }}},
		networkKinds(), signalKinds(), podKinds(), registryKinds(), componentKinds(), clockKinds(),
	)
}
