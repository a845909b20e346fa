package plugin

import (
	"errors"
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
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
	var job *session.JobError
	if refused := b.explainRegistry(err); refused != nil {
		return refused
	}
	switch {
	case errors.As(err, &pending) && errors.Is(err, errTimedOut):
		return &timeoutError{phase: b.phase.String(), flag: "pod-timeout", limit: b.PodTimeout, cause: errors.New(pending.Reason)}
	case errors.Is(err, errTimedOut) && b.phase.String() == phaseStart:
		return &timeoutError{phase: phaseStart, flag: "pod-timeout", limit: b.PodTimeout}
	case errors.Is(err, errTimedOut):
		return &timeoutError{phase: b.phase.String(), flag: "timeout", limit: b.Timeout}
	case errors.As(err, &job):
		return b.explainJob(job)
	default:
		return err
	}
}

// explainJob gives each phase its exit code. The engine's last line says more than its exit status.
func (b *build) explainJob(job *session.JobError) error {
	said := b.output.lastLine()
	if said == "" {
		said = job.Message
	}
	b.output.replay()
	phase := engine.Phase(job.Phase)
	if refused := b.refused(job, phase, said); refused != nil {
		return refused
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
