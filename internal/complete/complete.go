// Package complete offers a shell what can be typed next. It stays silent about what fails: a prompt is no place for errors.
package complete

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Table has what completes each flag, by the flag's name.
type Table map[string]cobra.CompletionFunc

// Register lets a shell complete the flags of a command. A name that is no flag of the command is a defect of the caller.
func (t Table) Register(cmd *cobra.Command) {
	for name, complete := range t {
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err)
		}
	}
}

// IsRequest reports whether a command line is a shell's question, which has cobra's form.
func IsRequest(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// Describe prepares every flag for a shell, which shows the flag's text beside its name: the text loses the quotes around the value's name.
func Describe(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) })
}

// Nothing completes values that only the user knows.
func Nothing(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return cobra.NoFileCompletions(cmd, args, typed)
}

// Files completes the names of files.
func Files(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// Directories completes the names of directories.
func Directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// Words completes one of some words, each with or without a description.
func Words(words ...cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return Matching(prefix, words)
	}
}

// Prefixes completes the beginning of a value. The user types the rest. A value that begins otherwise is a file.
func Prefixes(prefixes ...cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		found, _ := Matching(typed, prefixes)
		if len(found) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return found, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// CommaSeparated completes the last of several values.
func CommaSeparated(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		found, directive := complete(cmd, args, typed[len(before):])
		for i := range found {
			found[i] = before + found[i]
		}
		return found, directive
	}
}

// Matching returns the words that begin with prefix.
func Matching(prefix string, words []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	var found []cobra.Completion
	for _, word := range words {
		if strings.HasPrefix(word, prefix) {
			found = append(found, word)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
