package explain

import (
	"bytes"
	"iter"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// The pod finds what the client can't: where a link in an archive leads.
func TestContextError(t *testing.T) {
	const hint = "hint: put a copy of the Dockerfile in place of the link, or name the file itself with -f\n"
	for want, c := range map[string]struct {
		job  session.JobError
		said string
		code int
	}{
		"error: read Dockerfile Dockerfile: points outside the build context\n" + hint: {
			session.JobError{Message: "read Dockerfile Dockerfile: points outside the build context"}, "", cli.CodeBuild,
		},
		"error: read Dockerfile a b: no such file\n" + hint: {session.JobError{Message: "read Dockerfile a b: no such file"}, "", cli.CodeBuild},
		"error: prepare the build context: chmod: c: Operation not permitted\nhint: -v shows the builder pod's log, --keep keeps the pod\n": {
			session.JobError{Message: "exit status 1"}, "chmod: c: Operation not permitted", cli.CodeInternal,
		},
	} {
		var report bytes.Buffer
		c.job.Phase, c.job.Code = "context", 1
		facts := rejectedFacts(c.said)
		if c.said == "" {
			facts.Log = silent{}
		}
		if code := cli.Report(Build(&c.job, facts), &report); code != c.code || report.String() != want {
			t.Errorf("exit code %d, want %d; got\n%swant\n%s", code, c.code, report.String(), want)
		}
		clitest.CheckReport(t, report.String())
	}
}

// TestMemory names whose memory ran out: the engine's, or that of a container for build steps.
func TestMemory(t *testing.T) {
	for name, c := range map[string]struct {
		said       string
		cause      session.Resource
		stepLimit  string
		text, hint string
	}{
		"one container":       {"exit code: 137", session.Memory, "", "killed for memory (limit 1Gi): ", builder.HintMemory},
		"the engine's":        {"exit code: 137", session.Memory, "2Gi", "killed for memory (limit 1Gi): ", builder.HintEngineMemory},
		"that of build steps": {"exit code: 137: cannot allocate memory", "", "2Gi", "a process of the build step was killed for memory (limit 2Gi): ", builder.HintMemory},
		"a step's own words":  {"exit code: 1", "", "2Gi", "build failed: process ", ""},
	} {
		facts := rejectedFacts(`process "/bin/sh -c echo : cannot allocate memory" did not complete successfully: ` + c.said)
		facts.MemoryLimit, facts.StepMemoryLimit = "1Gi", c.stepLimit
		err := Build(&session.JobError{Phase: "build", Code: 1, Exhausted: c.cause}, facts)
		if !strings.Contains(err.Error(), c.text) || cli.Hint(err) != c.hint || cli.ExitCode(err) != cli.CodeBuild {
			t.Errorf("%s: %v, hint %q", name, err, cli.Hint(err))
		}
	}
}

// TestFailedCommand names the step and the place in place of the command, which stands above the error.
func TestFailedCommand(t *testing.T) {
	facts := rejectedFacts(`failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1`)
	for _, c := range []struct {
		failure engine.Failure
		want    string
	}{
		{engine.Failure{Position: "2/3", Place: "Dockerfile:4", ExitCode: 1}, "build failed: step 2/3 (Dockerfile:4): exit code 1"},
		{engine.Failure{Position: "2/3", ExitCode: 1}, "build failed: step 2/3: exit code 1"},
		{engine.Failure{Place: "Dockerfile:4"}, `build failed: process "/bin/sh -c false" did not complete successfully: exit code: 1`},
	} {
		facts.Failure = c.failure
		if err := Build(&session.JobError{Phase: "build", Code: 1}, facts); err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.failure, err, c.want)
		}
	}
}

// TestStepLost has what the engine says, without and with the kubelet's reason.
func TestStepLost(t *testing.T) {
	facts := rejectedFacts(`failed to solve: process "/bin/sh -c x" did not complete successfully: slot a-1: the container of build steps has ended`)
	job := &session.JobError{Phase: "build", Code: 1}
	err := Build(job, facts)
	if !StepLost(job, facts) || err.Error() != "build failed: the container of the build steps ended" || cli.ExitCode(err) != cli.CodeBuild || cli.Hint(err) == "" {
		t.Errorf("%v, hint %q", err, cli.Hint(err))
	}
	facts = rejectedFacts(`process "/bin/sh -c echo : the container of build steps has ended" did not complete successfully: exit code: 1`)
	if StepLost(job, facts) {
		t.Error("a step's own words count")
	}
}

// silent is the log of an engine that has not started.
type silent struct{}

func (silent) Backward() iter.Seq[string] { return func(func(string) bool) {} }
