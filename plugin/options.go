package plugin

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// optionsWidth is the width, in columns, of the list of all flags. It scrolls anyway.
const optionsWidth = 100

func newOptionsCommand(p cli.Process) *cobra.Command {
	return aboutVerbs(&cobra.Command{
		Use: "options [VERB]", Short: "Print every flag, of all verbs or of one",
		Long:    "Print every flag, of all verbs or of one, and those that all verbs take from kubectl.",
		Example: "  kubectl img options build",
	}, func(about *cobra.Command) error {
		_, err := io.WriteString(p.Streams.Out, optionsText(about))
		return err
	})
}

func optionsText(about *cobra.Command) string {
	var out strings.Builder
	for _, cmd := range allCommands(about) {
		if flags := ownFlags(cmd); len(flags) > 0 {
			fmt.Fprintf(&out, "Flags of %s:\n%s\n", cmd.CommandPath(), flagUsages(flags, optionsWidth))
		}
	}
	fmt.Fprintf(&out, "Flags of kubectl, with the same meaning:\n%s\n", flagUsages(visible(about.Root().PersistentFlags()), optionsWidth))
	fmt.Fprintln(&out, wrap(`Flags of build, and those that other verbs share with it, can be set in the environment: --build-arg is `+
		cli.Variable("build-arg")+`, with one value per line where a flag is repeatable. The flag wins.`))
	return out.String()
}

// allCommands returns a command and those below it, in the order of the help.
func allCommands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, allCommands(sub)...)
	}
	return all
}

// ownFlags returns the flags that a command does not share with all others, in the order in which they were added.
func ownFlags(cmd *cobra.Command) []*pflag.Flag {
	own := cmd.LocalNonPersistentFlags()
	own.SortFlags = false
	return visible(own)
}

func visible(flags *pflag.FlagSet) []*pflag.Flag {
	var all []*pflag.Flag
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			all = append(all, f)
		}
	})
	return all
}

// flagUsages lists flags as pflag does, wrapped to a width in columns.
func flagUsages(flags []*pflag.Flag, width int) string {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	for _, f := range flags {
		set.AddFlag(f)
	}
	return set.FlagUsagesWrapped(width)
}

// wrap breaks paragraphs, which an empty line separates, to the width of the screen.
func wrap(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var lines []string
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > screenWidth {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		paragraphs = append(paragraphs, strings.Join(append(lines, line), "\n"))
	}
	return strings.Join(paragraphs, "\n\n")
}
