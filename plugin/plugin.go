// Package plugin is the command line of kubectl img: a file per verb.
package plugin

import (
	"context"
	"io"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// Interrupted is the cause of a context that a signal cancelled.
type Interrupted = cli.Interrupted

// Plugin is one run of kubectl img.
type Plugin struct{ proc cli.Process }

// New returns kubectl img for an environment, a list of KEY=VALUE as os.Environ returns it.
func New(env []string, streams genericiooptions.IOStreams) *Plugin {
	// klog wants this once per process, and doctor runs several builds in one. A build with --verbose shows client-go's log.
	klog.SetLogger(logr.Discard())
	proc := cli.NewProcess(env, streams)
	proc.BuilderImage = defaultImage()
	return &Plugin{proc}
}

// Run executes a command line, without the program's name, and returns the exit code. It reports an error in one line and at most one hint.
func (p *Plugin) Run(ctx context.Context, args []string) int {
	proc := p.proc
	proc.Completing = complete.IsRequest(args)
	cmd := newRootCommand(proc)
	cmd.SetArgs(args)
	return Report(execute(ctx, cmd), p.proc.Streams.ErrOut)
}

// execute turns a panic into an error. Deferred clean-up has been done by then.
func execute(ctx context.Context, cmd *cobra.Command) error {
	return panics.Do(func() error { return cmd.ExecuteContext(ctx) })
}

// Abandon writes the commands that delete what a run leaves behind if the process ends now.
func (p *Plugin) Abandon() { p.proc.Undeleted.Warn(p.proc.Streams.ErrOut) }

// Report writes one error line and at most one hint, and returns the exit code. For a nil error it writes nothing and returns 0.
func Report(err error, w io.Writer) int { return cli.Report(explain.API(err), w) }
