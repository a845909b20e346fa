package build

import (
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// The last thing that a step prints can be a colour that hides what follows. The digest and the warnings are lines of their own, in no colour.
func TestResultOnTheLogsTerminal(t *testing.T) {
	var screen strings.Builder
	proc := cli.Process{Streams: genericiooptions.IOStreams{Out: &screen, ErrOut: &screen}}
	c := &cluster.Connection{Log: progress.NewLogger(progress.Auto, false, &screen)}
	r := newRun(&Plan{Tags: []Tag{{Repository: "r.example/app"}}}, proc, c)
	r.Build.Push = true
	r.terminal = true
	r.output = progress.NewLog(progress.Auto, r.engine(), r.screen, true)
	c.Log.SetOutput(r.output.Beside())
	for _, print := range []func() error{
		func() error { r.Log.Warn("beware"); return nil },
		func() error { return r.printDigest("sha256:1") },
	} {
		if _, err := r.output.Write([]byte("#1 0.1 \x1b[8mhidden")); err != nil {
			t.Fatal(err)
		}
		if err := print(); err != nil {
			t.Fatal(err)
		}
	}
	r.screen.Flush()
	if want := "#1 0.1 \x1b[8mhidden\x1b[0m\nwarning: beware\n#1 0.1 \x1b[8mhidden\x1b[0m\nr.example/app@sha256:1\n"; screen.String() != want {
		t.Errorf("%q, want %q", screen.String(), want)
	}
}
