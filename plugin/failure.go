package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Phases of a job that are no step of the engine.
const (
	phaseCache     = "cache"
	phaseOwnership = "ownership"
	phaseAbandoned = "abandoned"
	phaseStopped   = "stopped"
)

// jobError is a step of the job that failed, in the user's terms.
type jobError struct {
	text string
	hint string
	code int
	err  error
}

func (e *jobError) Error() string { return e.text }
func (e *jobError) Unwrap() error { return e.err }

// Hint is a command or a setting that helps, or empty.
func (e *jobError) Hint() string { return e.hint }

// ExitCode is that of the step's phase.
func (e *jobError) ExitCode() int { return e.code }

// explain turns what ended a run into what a user can act on.
func (b *build) explain(err error) error {
	var pending *builder.PendingError
	var unanswered *builder.UnansweredError
	var lost *session.LostError
	var full *session.FullError
	var job *session.JobError
	if refused := b.explainRegistry(err); refused != nil {
		return refused
	}
	switch {
	case errors.As(err, &pending) && errors.Is(err, errTimedOut):
		return &timeoutError{phase: b.phase.String(), flag: "pod-timeout", limit: b.PodTimeout, cause: errors.New(pending.Reason)}
	case errors.As(err, &unanswered) && errors.Is(err, errTimedOut):
		return &timeoutError{phase: b.phase.String(), flag: "timeout", limit: b.Timeout, cause: unanswered.Err}
	case errors.Is(err, errTimedOut) && b.phase.String() == phaseStart:
		return &timeoutError{phase: phaseStart, flag: "pod-timeout", limit: b.PodTimeout}
	case errors.Is(err, errTimedOut):
		return &timeoutError{phase: b.phase.String(), flag: "timeout", limit: b.Timeout}
	case errors.As(err, &job):
		return b.explainJob(job)
	case errors.As(err, &lost):
		return b.explainLoss(lost)
	case errors.As(err, &full):
		return &jobError{text: "send the build context: " + full.Error(), hint: hintDisk, code: codeInternal, err: full}
	default:
		return err
	}
}

// gaveUp is all that the engine says when its session with itself times out.
const gaveUp = "context canceled"

// hintDisk names the flags that give the builder more disk.
const hintDisk = "ask for what the build needs with --request ephemeral-storage=…, or for a larger volume with --cache-volume"

// explainLoss says what is known of the node, whose loss looks like one of the connection.
func (b *build) explainLoss(lost *session.LostError) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), accessLimit, errTimedOut)
	defer cancel()
	e := &jobError{text: lost.Error(), hint: fmt.Sprintf("the build ends by itself; kubectl get pod -n %s %s shows its end", b.rung.Pod.Namespace, b.rung.Pod.Name), code: codeInternal, err: lost}
	if node, reason := builder.NodeTrouble(ctx, b.api, b.rung.Pod.Namespace, b.rung.Pod.Name); reason != "" {
		e.text = fmt.Sprintf("node %s of the builder pod is lost: %s", node, reason)
		e.hint = "kubectl describe node " + node
	}
	return e
}

// ranOut names what the pod ran out of during a step; or returns nil.
func (b *build) ranOut(job *session.JobError, said string) error {
	e := &jobError{code: codeBuild, err: job}
	if job.Phase == string(engine.PhasePush) {
		e.code = codeInternal
	}
	switch job.Exhausted {
	case session.Memory:
		e.text = fmt.Sprintf("%s failed: a process was killed for memory (limit %s): %s", job.Phase, builder.MemoryLimit(b.Pod, podspec.Container), said)
		e.hint = builder.HintMemory
	case session.Disk:
		e.text = fmt.Sprintf("%s failed: the builder pod's disk is full: %s", job.Phase, said)
		e.hint = hintDisk
	default:
		return nil
	}
	return e
}

// explainJob gives each phase its exit code. The engine's last line says more than its exit status.
func (b *build) explainJob(job *session.JobError) error {
	said := b.output.lastLine()
	if said == "" {
		said = job.Message
	}
	b.output.replay()
	b.output.repeatStep()
	phase := engine.Phase(job.Phase)
	if out := b.ranOut(job, said); out != nil {
		return out
	}
	if refused := b.refused(job, phase, said); refused != nil {
		return refused
	}
	if said == gaveUp {
		return &jobError{
			text: job.Phase + " failed: the engine gave up on itself (" + said + "), as it does on a node that has no cpu left",
			hint: "--request cpu=…", code: codeInternal, err: job,
		}
	}
	switch phase {
	case engine.PhaseBuild, engine.PhaseOutput:
		return &jobError{text: "build failed: " + said, code: codeBuild, err: job}
	case engine.PhasePush:
		return &jobError{
			text: fmt.Sprintf("push refused by the registry of %s: %s", b.Tags[0].Repository, said),
			hint: "check that the registry takes a push to " + b.Tags[0].Repository + " from the builder pod's identity",
			code: codeRegistry, err: job,
		}
	case phaseOwnership:
		return &jobError{
			text: "build failed: " + ownersLost(job.Message),
			hint: "leave out --strict-ownership, or use a profile other than restricted", code: codeBuild, err: job,
		}
	case phaseCache:
		return &jobError{
			text: "the cache volume is held by " + job.Message,
			hint: "wait for it: leave out --cache-volume-wait=false; or build with another --cache-volume",
			code: codeInternal, err: job,
		}
	case phaseAbandoned:
		return &jobError{
			text: "builder pod stopped: " + job.Message + " reached it",
			hint: "a client that is away for longer than --detach-grace loses its build; --detach leaves a build to itself",
			code: codeInternal, err: job,
		}
	case session.PhasePreflight:
		return &jobError{
			text: "builder pod can't build: " + job.Message,
			hint: preflightHint(job),
			code: codeInternal, err: job,
		}
	default:
		return &jobError{text: fmt.Sprintf("builder pod stopped (%s): %s", job.Phase, job.Message), code: codeInternal, err: job}
	}
}
