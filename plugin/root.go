// Package plugin is the command line of kubectl img: flags and environment in, a Plan or one clear error out.
package plugin

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
)

// process is what a command knows of the process it runs in; tests give it another.
type process struct {
	env      []string // KEY=VALUE
	streams  genericiooptions.IOStreams
	podName  func() string // a name for the builder pod
	terminal func(io.Writer) bool
}

// NewCommand returns `kubectl img`. The environment is a list of KEY=VALUE as os.Environ gives it.
// Errors of the returned command go to Report; the command prints none itself.
func NewCommand(env []string, streams genericiooptions.IOStreams) *cobra.Command {
	// Once, as klog wants it: doctor runs several builds in one process. A build with --verbose shows client-go's log.
	klog.SetLogger(logr.Discard())
	return newRootCommand(process{env: env, streams: streams, podName: randomPodName, terminal: isTerminal}, (*Plan).carryOut)
}

// action is what becomes of a plan.
type action func(*Plan, context.Context, genericclioptions.RESTClientGetter, genericiooptions.IOStreams) error

func newRootCommand(p process, do action) *cobra.Command {
	config := genericclioptions.NewConfigFlags(true)
	root := &cobra.Command{
		Use:           "kubectl-img",
		Short:         "Build container images inside your Kubernetes cluster",
		Long:          "Build container images inside your Kubernetes cluster, in an unprivileged pod that is deleted afterwards.",
		SilenceUsage:  true,
		SilenceErrors: true,
		// kubectl runs the binary as a sub-command, so usage must read as users type it.
		Annotations:                map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl img"},
		Args:                       knownCommand,
		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(p.streams.In)
	root.SetOut(p.streams.Out)
	root.SetErr(p.streams.ErrOut)
	root.SetFlagErrorFunc(flagError)
	config.AddFlags(root.PersistentFlags())
	root.AddCommand(newBuildCommand(p, config, do), newSetupCommand(p, config), newDoctorCommand(p, config), newVersionCommand(p))
	return root
}

func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usagef("unknown command %q for %q", args[0], cmd.CommandPath())
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		return err.withHint(cmd.CommandPath() + " " + names[0])
	}
	return err.withHint(cmd.CommandPath() + " --help")
}

// flagError gives pflag's errors our form; the ones that refused flags return already have it.
func flagError(cmd *cobra.Command, err error) error {
	var refused *refusedError
	if errors.As(err, &refused) {
		return refused
	}
	help := cmd.CommandPath() + " --help"
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return invalidValue("--"+value.GetFlag().Name, value.GetValue(), value.Unwrap()).withHint(help)
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		if name, ok := closestFlag(cmd.Flags(), unknown.GetSpecifiedName()); ok {
			help = "did you mean --" + name + "?"
		}
	}
	return (&usageError{message: err.Error(), cause: err}).withHint(help)
}

func randomPodName() string { return "img-" + utilrand.String(8) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
