package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// screenWidth is what help is wrapped to.
	screenWidth = 80
	// flagColumn is where the text of a flag begins.
	flagColumn = 29
)

func newOptionsCommand(p process) *cobra.Command {
	return aboutVerbs(&cobra.Command{
		Use: "options [VERB]", Short: "Print every flag, of all verbs or of one",
		Long:    "Print every flag, of all verbs or of one, and those that all take from kubectl.",
		Example: "  kubectl img options build",
	}, func(about *cobra.Command) error {
		_, err := io.WriteString(p.streams.Out, optionsText(about))
		return err
	})
}

func optionsText(about *cobra.Command) string {
	var out strings.Builder
	for _, cmd := range allCommands(about) {
		if flags := ownFlags(cmd); len(flags) > 0 {
			fmt.Fprintf(&out, "Flags of %s:\n%s\n", cmd.CommandPath(), flagList(flags))
		}
	}
	fmt.Fprintf(&out, "Flags of kubectl, which mean what they mean to it:\n%s\n", flagList(visible(about.Root().PersistentFlags())))
	fmt.Fprintln(&out, wrap(`Flags of build, and those that other verbs share with it, can be set in the environment: --build-arg is `+
		variable("build-arg")+`, with one value per line where a flag is repeatable. The flag wins.`, 0))
	return out.String()
}

// allCommands is a command and those below it, in the order of the help.
func allCommands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	if !cmd.HasParent() {
		for _, group := range verbGroups() {
			for _, name := range group.verbs {
				verb, _, _ := cmd.Find([]string{name})
				all = append(all, allCommands(verb)...)
			}
		}
		return all
	}
	for _, sub := range cmd.Commands() {
		all = append(all, allCommands(sub)...)
	}
	return all
}

// ownFlags are those that a command does not share with all others, in the order in which they were added.
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

// flagList has the flags on the left and their texts on the right.
func flagList(flags []*pflag.Flag) string {
	var out strings.Builder
	for _, f := range flags {
		left := "  " + flagUsage(f)
		text := strings.Split(wrap(flagText(f), flagColumn), "\n")
		if utf8.RuneCountInString(left) > flagColumn-2 {
			fmt.Fprintln(&out, left)
			left = ""
		}
		for _, line := range text {
			fmt.Fprintf(&out, "%-*s%s\n", flagColumn, left, line)
			left = ""
		}
	}
	return out.String()
}

// flagUsage is how a flag is typed: -t, --tag NAME[:TAG].
func flagUsage(f *pflag.Flag) string {
	spelled := "    --" + f.Name
	if f.Shorthand != "" {
		spelled = "-" + f.Shorthand + ", --" + f.Name
	}
	return spelled + placeholder(f)
}

// usage splits what a flag says of itself into what stands for its value and the text. Ours have the form "`NAME`: text".
func usage(f *pflag.Flag) (name, text string) {
	if rest, ok := strings.CutPrefix(f.Usage, "`"); ok {
		name, text, _ = strings.Cut(rest, "`: ")
		return name, text
	}
	if f.Value.Type() != "bool" {
		name = "VALUE"
	}
	return name, strings.TrimSuffix(f.Usage, ".")
}

// placeholder stands for a flag's value, with what separates the two.
func placeholder(f *pflag.Flag) string {
	name, _ := usage(f)
	switch {
	case name == "":
		return ""
	case f.NoOptDefVal != "":
		return "[=" + name + "]"
	default:
		return " " + name
	}
}

// flagText says what a flag does, and what holds without it.
func flagText(f *pflag.Flag) string {
	_, text := usage(f)
	if slices.Contains([]string{"", "[]", "false", "0"}, f.DefValue) {
		return text
	}
	return text + " (default " + f.DefValue + ")"
}

// wrap breaks paragraphs, which an empty line separates, to the width of the screen; what follows a break is not indented.
func wrap(text string, indent int) string {
	var paragraphs []string
	for _, paragraph := range strings.Split(text, "\n\n") {
		var lines []string
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && indent+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > screenWidth {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		paragraphs = append(paragraphs, strings.Join(append(lines, line), "\n"))
	}
	return strings.Join(paragraphs, "\n\n")
}
