package explain

import (
	"bytes"
	"iter"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
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

// silent is the log of an engine that has not started.
type silent struct{}

func (silent) Backward() iter.Seq[string] { return func(func(string) bool) {} }
