package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usedMostAnnotation names the flags that the help of a verb shows, where not all of them fit on a screen.
const usedMostAnnotation = "kubectl-img.dev/used-most"

func usedMost(cmd *cobra.Command, flags ...string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[usedMostAnnotation] = strings.Join(flags, " ")
}

// showHelp is cobra's help function.
func showHelp(cmd *cobra.Command, _ []string) {
	_, _ = io.WriteString(cmd.OutOrStdout(), helpText(cmd))
}

// helpText fits on a screen.
func helpText(cmd *cobra.Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\nUsage:\n  %s\n", wrap(cmd.Long), useLine(cmd))
	if !cmd.HasParent() {
		for _, group := range cmd.Groups() {
			fmt.Fprintf(&out, "\n%s:\n%s", group.Title, verbList(verbsOf(cmd, group.ID)))
		}
	}
	fmt.Fprintf(&out, "\nExamples:\n%s\n", cmd.Example)
	if !cmd.HasParent() {
		fmt.Fprintf(&out, "\nMore of a verb: kubectl img VERB --help. All flags: kubectl img options VERB\n")
		return out.String()
	}
	flags := ownFlags(cmd)
	if most := strings.Fields(cmd.Annotations[usedMostAnnotation]); len(most) > 0 {
		flags = slices.DeleteFunc(flags, func(f *pflag.Flag) bool { return !slices.Contains(most, f.Name) })
		fmt.Fprintf(&out, "\nFlags used most:\n%s", flagUsages(flags, screenWidth))
	} else if len(flags) > 0 {
		fmt.Fprintf(&out, "\nFlags:\n%s", flagUsages(flags, screenWidth))
	}
	fmt.Fprintf(&out, "\nAll flags, with kubectl's: kubectl img options %s\n", verbPath(cmd))
	return out.String()
}

// verbsOf returns the verbs of a group, in the order in which they were added.
func verbsOf(root *cobra.Command, group string) []*cobra.Command {
	var verbs []*cobra.Command
	for _, verb := range root.Commands() {
		if verb.GroupID == group {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

func verbList(verbs []*cobra.Command) string {
	var out strings.Builder
	for _, verb := range verbs {
		fmt.Fprintf(&out, "  %-11s %s\n", verb.Name(), verb.Short)
	}
	return out.String()
}

// newHelpCommand rejects an unknown verb; cobra's own help command does not.
func newHelpCommand() *cobra.Command {
	return aboutVerbs(&cobra.Command{
		Use: "help [VERB]", Short: "Say more about a verb", Long: "Say more about a verb; the same as --help after it.", Example: "  kubectl img help build",
	}, (*cobra.Command).Help)
}

// aboutVerbs makes a command that says something about the verb that its arguments name, or about all verbs.
func aboutVerbs(cmd *cobra.Command, tell func(about *cobra.Command) error) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		_, err := commandAt(cmd.Root(), args)
		return err
	}
	cmd.ValidArgsFunction = completeVerbs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		about, err := commandAt(cmd.Root(), args)
		if err != nil {
			return err
		}
		return tell(about)
	}
	return cmd
}

func completeVerbs(cmd *cobra.Command, args []string, prefix string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, verb := range cmd.Root().Commands() {
		if len(args) == 0 && verb.IsAvailableCommand() && strings.HasPrefix(verb.Name(), prefix) {
			found = append(found, cobra.CompletionWithDesc(verb.Name(), verb.Short))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// commandAt returns the command that words name.
func commandAt(root *cobra.Command, words []string) (*cobra.Command, error) {
	cmd, rest, err := root.Find(words)
	if err != nil || len(rest) > 0 {
		return nil, knownCommand(cmd, rest)
	}
	return cmd, nil
}
