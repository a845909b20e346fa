package plugin

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// completer offers a shell what can be typed next. It says nothing of what keeps it from it: a prompt is no place for that.
type completer struct {
	process
	config *genericclioptions.ConfigFlags
}

// isCompletion tells whether a command line is a shell's question, which has cobra's form.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// add lets the flags and arguments of every command be completed.
func (c completer) add(root *cobra.Command) {
	table := c.flags()
	register := func(cmd *cobra.Command, flags *pflag.FlagSet) {
		flags.VisitAll(func(f *pflag.Flag) {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, table.of(cmd, f)) // fails for flags that do not exist
			_, f.Usage = usage(f)                                        // which is what describes the flag
		})
	}
	register(root, root.PersistentFlags())
	root.ValidArgsFunction = cobra.NoFileCompletions
	for _, verb := range root.Commands() {
		register(verb, verb.LocalNonPersistentFlags())
		if verb.ValidArgsFunction = c.argument(verb.Name()); verb.ValidArgsFunction == nil {
			verb.ValidArgsFunction = cobra.NoFileCompletions
		}
		for _, sub := range verb.Commands() {
			register(sub, sub.LocalNonPersistentFlags())
			sub.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// argument completes what follows a verb.
func (c completer) argument(verb string) cobra.CompletionFunc {
	switch verb {
	case "build":
		return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	case "attach", "logs":
		return c.builds(1, false)
	case "cancel":
		return c.builds(anyNumber, true)
	case "options":
		return func(cmd *cobra.Command, args []string, prefix string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, verb := range cmd.Root().Commands() {
				if len(args) == 0 && verb.IsAvailableCommand() {
					found = append(found, cobra.CompletionWithDesc(verb.Name(), verb.Short))
				}
			}
			return startingWith(prefix, found)
		}
	default:
		return nil
	}
}

// fixed offers words, each perhaps with a description.
func fixed(words ...cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return startingWith(prefix, words)
	}
}

// begun offers the beginnings of values, which the user goes on to type; other values are files.
func begun(words ...cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		found, _ := startingWith(prefix, words)
		if len(found) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return found, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// listed completes the last of the values between commas.
func listed(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		found, directive := complete(cmd, args, typed[len(before):])
		for i := range found {
			found[i] = before + found[i]
		}
		return found, directive
	}
}

func startingWith(prefix string, words []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	var found []cobra.Completion
	for _, word := range words {
		if strings.HasPrefix(word, prefix) {
			found = append(found, word)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// profileChoices describes each profile.
func profileChoices(also ...cobra.Completion) []cobra.Completion {
	choices := slices.Clone(also)
	for _, profile := range podspec.Profiles() {
		choices = append(choices, cobra.CompletionWithDesc(string(profile), profile.Summary()))
	}
	return choices
}
