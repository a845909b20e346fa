package plugin

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("%s takes no argument: %q", cmd.CommandPath(), args[0]).WithHint(cmd.CommandPath() + " --help")
	}
	return nil
}

// flagError explains a flag that can't be read. Where the verb is wrong, its flags are unknown, and the verb is what to name.
func flagError(cmd *cobra.Command, err error) error {
	if words := cmd.Flags().Args(); !cmd.HasParent() && len(words) > 0 {
		return knownCommand(cmd, words)
	}
	return cli.FlagError(cmd, err)
}

func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := cli.Usagef("unknown command %q for %q", args[0], cmd.CommandPath())
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		return err.WithHint(cmd.CommandPath() + " " + names[0])
	}
	return err.WithHint(cmd.CommandPath() + " --help")
}
