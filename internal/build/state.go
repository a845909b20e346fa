package build

import (
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// run is one run of a plan.
type run struct {
	*Plan
	*cluster.Connection
	proc     cli.Process
	screen   *progress.Screen // shows everything that the run writes to stderr
	terminal bool             // stderr is one
	output   *progress.Log
	phase    runPhase
	login    *loginState
	current  attempt // what is being tried
	// identity is what the engine has said of itself.
	identity atomic.Pointer[engine.Identity]
	stepEnd  *builder.StepEnd // of the container of a build step that failed, if it is the reason
	created  bool             // a pod may be stored
	left     bool             // the build goes on without this client

	confirming patience
}

// patience is for the questions to the registry about the digest.
type patience struct {
	limit time.Duration // of all of them
	pause time.Duration // the first one before it is asked again: a replica of it may not have the image yet
}

// attempt is a Candidate that is being tried.
type attempt struct {
	Candidate
	unproven bool // it is not known whether the profile works here
	cache    profileCache
}

func newRun(p *Plan, proc cli.Process, c *cluster.Connection) *run {
	screen := progress.NewScreen(proc.Streams.ErrOut)
	terminal := cli.IsTerminal(proc.Streams.ErrOut)
	proc.Streams.Out, proc.Streams.ErrOut = screen.Before(proc.Streams.Out), screen
	r := &run{Plan: p, Connection: c, proc: proc, screen: screen, terminal: terminal, login: &loginState{}, current: attempt{Candidate: Candidate{p.Profile, p.Pod}}}
	r.confirming = patience{limit: 10 * time.Second, pause: time.Second}
	r.output = progress.NewLog(p.Progress, r.engine(), screen, terminal)
	c.Log.SetOutput(r.output.Beside())
	return r
}

func (r *run) engine() engine.Engine { return Engine(r.current.Profile) }
