package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/registryproxy"
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

const (
	// usualGrace is longer than any fault that a build must survive, even if the machine starts processes slowly.
	usualGrace = 15 * time.Second
	// shortGrace is for faults that last longer.
	shortGrace = 5 * time.Second
	// patience is how long a client may take to end after the fault, with the build and all repetitions.
	patience = 60 * time.Second
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

// mustSucceed is for faults that a build survives.
var mustSucceed = want{outcome: succeeds}

// run is a build that a fault disturbs.
type run struct {
	*lab
	plan
	ns      string
	home    string // of the client, with its kubeconfig and context
	ref     string // of the image in the open registry
	tag     string // the client's name for it: through the proxy, if there is one
	program string
	args    []string
	env     []string
	link    *link
	bypass  *detour
	proxy   *registryproxy.Proxy // of the registry
	process *process
}

// podName is the name of the builder pod of every run.
const podName = "build"

func (r *run) apiServer() string { return r.NodeIP + ":443" }
