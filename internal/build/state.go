package build

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// nodePatience is how much later than this client the control plane may notice that the node is lost.
	nodePatience = 10 * time.Second
	// nodeLimit bounds the question whether the node is lost. The answer only explains an error that is known already.
	nodeLimit = nodePatience + 5*time.Second
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

// explain turns the error that ended the run into one that a user can act on.
func (r *run) explain(err error) error {
	var failure engine.Failure
	failed := errors.As(err, new(*session.JobError))
	if err == nil || failed {
		r.warnOfArguments()
	}
	if failed {
		failure = r.output.ShowFailure(r.File)
	} else {
		r.output.ShowRest()
	}
	if err == nil {
		return nil
	}
	facts := explain.Facts{
		Phase: r.phase.String(), Timeout: r.Timeout, PodTimeout: r.PodTimeout,
		Namespace: r.Pod.Namespace, Pod: r.current.Pod.Name, ServiceAccount: r.Pod.Spec.ServiceAccountName,
		MemoryLimit: builder.MemoryLimit(r.current.Pod, podspec.Container), Engine: r.engine(), Log: r.output, Failure: failure, Login: r.login.facts(),
	}
	if len(r.Tags) > 0 {
		facts.Repository = r.Tags[0].Repository
	}
	if len(podspec.Steps(r.current.Pod)) > 0 {
		facts.StepMemoryLimit, facts.StepEnd = builder.MemoryLimit(r.current.Pod, podspec.Step), r.stepEnd
	}
	r.lookAtNode(err, &facts)
	return explain.Build(err, facts)
}

// lookAtNode finds out whether the node is lost, after an error that can come from that.
func (r *run) lookAtNode(err error, facts *explain.Facts) {
	patience := time.Duration(0)
	switch lost, upload := (*session.LostError)(nil), (*session.UploadError)(nil); {
	case errors.As(err, &lost):
		patience = nodePatience
	case errors.As(err, &upload):
	default:
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), nodeLimit, explain.ErrTimedOut)
	defer cancel()
	facts.LostNode, facts.LostNodeReason = builder.LostNode(ctx, r.API, r.current.Pod.Namespace, r.current.Pod.Name, patience)
}
