package explain

import (
	"fmt"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Phases of a job that are no step of the engine.
const (
	phaseCache     = "cache"
	phaseContext   = "context"
	phaseOwnership = "ownership"
	phaseAbandoned = "abandoned"
)

const hintStepLost = "run the build again; kubectl get events says who ended the container"

// hintDisk names the flags that give the builder more disk.
const hintDisk = "ask for what the build needs with --request ephemeral-storage=…, or for a larger volume with --cache-volume"

// explainJob explains a step of the job that failed. The engine's last line says more than its exit status.
func explainJob(job *session.JobError, f Facts) error {
	diagnosis := diagnose(job, f)
	if step := f.Failure.String(); step != "" {
		diagnosis.Text = step // the command stands above, where it is marked
	}
	if f.StepEnd != nil {
		return &explainedError{text: job.Phase + " failed: " + f.StepEnd.Error(), hint: f.StepEnd.Hint(), code: cli.CodeBuild, err: job}
	}
	if diagnosis.StepOOM && f.StepMemoryLimit != "" {
		return &explainedError{
			text: fmt.Sprintf("%s failed: a process of the build step was killed for memory (limit %s): %s", job.Phase, f.StepMemoryLimit, diagnosis.Text),
			hint: builder.HintMemory, code: cli.CodeBuild, err: job,
		}
	}
	if out := outOfResources(job, diagnosis.Text, f); out != nil {
		return out
	}
	if diagnosis.StepLost {
		return &explainedError{text: job.Phase + " failed: the container of the build steps ended", hint: hintStepLost, code: cli.CodeBuild, err: job}
	}
	if rejection := registryRejection(job, diagnosis, f); rejection != nil {
		return rejection
	}
	if diagnosis.Frontend != "" {
		return &explainedError{
			text: fmt.Sprintf("frontend %s is not allowed: want %s", diagnosis.Frontend, diagnosis.Allowed),
			hint: "leave out the # syntax= line, or the build argument BUILDKIT_SYNTAX: the engine's own frontend knows current Dockerfiles", code: cli.CodePolicy, err: job,
		}
	}
	if diagnosis.GaveUp {
		return &explainedError{
			text: job.Phase + " failed: the engine gave up on itself (" + diagnosis.Text + "), as it does on a node that has no cpu left",
			hint: "--request cpu=…", code: cli.CodeTemporary, err: job,
		}
	}
	if step := explainStep(job, diagnosis, f); step != nil {
		return step
	}
	if job.Phase == phaseContext {
		return explainContext(job, diagnosis.Text)
	}
	return explainSupervisor(job)
}

func diagnose(job *session.JobError, f Facts) engine.Diagnosis {
	if diagnosis := f.Engine.Diagnose(f.lastLine()); diagnosis.Text != "" {
		return diagnosis
	}
	return f.Engine.Diagnose(job.Message)
}

// StepLost reports whether the engine says that the container of a build step has ended.
func StepLost(job *session.JobError, f Facts) bool { return diagnose(job, f).StepLost }

// outOfResources names the resource that ran out during a step; or it returns nil.
func outOfResources(job *session.JobError, said string, f Facts) error {
	e := &explainedError{code: cli.CodeBuild, err: job}
	if job.Phase == string(engine.PhasePush) {
		e.code = cli.CodeInternal
	}
	switch job.Exhausted {
	case session.Memory:
		e.text = fmt.Sprintf("%s failed: a process was killed for memory (limit %s): %s", job.Phase, f.MemoryLimit, said)
		e.hint = builder.HintMemory
		if f.StepMemoryLimit != "" {
			e.hint = builder.HintEngineMemory
		}
	case session.Disk:
		e.text = fmt.Sprintf("%s failed: the builder pod's disk is full: %s", job.Phase, said)
		e.hint = hintDisk
	default:
		return nil
	}
	return e
}

// explainFullDisk explains a disk that was full before the build began.
func explainFullDisk(full *session.FullError) error {
	return &explainedError{text: "send the build context: " + full.Error(), hint: hintDisk, code: cli.CodeInternal, err: full}
}

// killed is the exit code of a process that SIGKILL has ended.
const killed = 137

// explainStep explains a step of the engine.
func explainStep(job *session.JobError, d engine.Diagnosis, f Facts) error {
	said := d.Text
	switch engine.Phase(job.Phase) {
	case engine.PhaseBuild, engine.PhaseOutput:
		if job.Code == killed && !strings.Contains(said, "Killed") { // the log's last line may be of before
			said = "Killed: a signal ended the engine, which last said: " + said
		}
		return &explainedError{text: "build failed: " + said, hint: d.Flag, code: cli.CodeBuild, err: job}
	case engine.PhasePush:
		return &explainedError{
			text: fmt.Sprintf("push refused by the registry of %s: %s", f.Repository, said),
			hint: "check that the registry takes a push to " + f.Repository + " from the builder pod's identity",
			code: cli.CodeRegistry, err: job,
		}
	default:
		return nil
	}
}

// explainSupervisor explains what the supervisor itself reports.
func explainSupervisor(job *session.JobError) error {
	switch job.Phase {
	case phaseOwnership:
		return &explainedError{
			text: "build failed: " + LostOwners(job.Message),
			hint: "leave out --strict-ownership, or use a profile other than restricted", code: cli.CodeBuild, err: job,
		}
	case phaseCache:
		return &explainedError{
			text: "the cache volume is held by " + job.Message,
			hint: "wait for it: leave out --cache-volume-wait=false; or build with another --cache-volume",
			code: cli.CodeTemporary, err: job,
		}
	case phaseAbandoned:
		return &explainedError{
			text: "builder pod stopped: " + job.Message + " reached it",
			hint: "a client that is away for longer than --detach-grace loses its build; --detach leaves a build to itself",
			code: cli.CodeTemporary, err: job,
		}
	case session.PhasePreflight:
		return &explainedError{text: "builder pod can't build: " + job.Message, hint: preflightHint(job), code: cli.CodeInternal, err: job}
	default:
		return &explainedError{text: fmt.Sprintf("builder pod stopped (%s): %s", job.Phase, job.Message), code: cli.CodeInternal, err: job}
	}
}

// explainContext explains what the pod found in the context: the client can't follow a link in an archive.
func explainContext(job *session.JobError, said string) error {
	if strings.HasPrefix(job.Message, "read Dockerfile ") {
		return &explainedError{
			text: job.Message, hint: "put a copy of the Dockerfile in place of the link, or name the file itself with -f",
			code: cli.CodeBuild, err: job,
		}
	}
	return &explainedError{
		text: "prepare the build context: " + said, hint: "-v shows the builder pod's log, --keep keeps the pod", code: cli.CodeInternal, err: job,
	}
}

// preflightHint is for a named profile; auto tries the next one by itself. Against a kernel without user namespaces no profile helps.
func preflightHint(job *session.JobError) string {
	if hint := controlHint(controlOf(job)); hint != "" {
		return hint
	}
	switch {
	case controlOf(job) == podspec.UserNamespaces:
		return hintOtherNodes
	case controlOf(job) == podspec.StepContainers:
		return hintSteps
	case job.Blocked():
		return "--profile auto takes the most isolated profile that works here"
	}
	return "use the builder image of this release, or see docs/install.md for what another one needs"
}

// LostOwners describes the files whose owner was not kept, from a report of the form COUNT: UID:GID PATH, …
func LostOwners(report string) string {
	count, files, _ := strings.Cut(report, ": ")
	if count == "1" {
		return "the owner of a file in the image is not the one that the Dockerfile asks for: " + files
	}
	return fmt.Sprintf("the owner of %s files in the image is not the one that the Dockerfile asks for; the first: %s", count, files)
}
