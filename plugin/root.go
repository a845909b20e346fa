// Package plugin is the command line of kubectl img: flags and environment in, a Plan or one clear error out.
package plugin

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// action is what becomes of a plan.
type action func(*Plan, context.Context, process, genericclioptions.RESTClientGetter) error

// newRootCommand returns the whole command. Errors go to Report; the command prints none itself.
func newRootCommand(p process, do action) *cobra.Command {
	config := genericclioptions.NewConfigFlags(true)
	root := &cobra.Command{
		Use:           "kubectl-img VERB [flags]",
		Short:         "Build container images inside your Kubernetes cluster",
		Long:          rootLong,
		Example:       rootExample,
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
	root.AddCommand(
		newBuildCommand(p, config, do), newAttachCommand(p, config), newLogsCommand(p, config), newLsCommand(p, config),
		newCancelCommand(p, config), newPruneCommand(p, config), newSetupCommand(p, config), newDoctorCommand(p, config), newVersionCommand(p, config),
		newCompletionCommand(p), newOptionsCommand(p),
	)
	// cobra's own scripts complete kubectl-img, which nobody types.
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(showHelp)
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultHelpCmd()
	if p.completing {
		completer{p, config}.add(root)
	}
	return root
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument: %q", cmd.CommandPath(), args[0]).withHint(cmd.CommandPath() + " --help")
	}
	return nil
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
