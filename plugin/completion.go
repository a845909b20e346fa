package plugin

import "github.com/spf13/cobra"

// addCompletion adds cobra's completion commands, whose refusal of an argument is wrong usage like every other.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, _ := root.Find([]string{"completion"})
	for _, shell := range completion.Commands() {
		shell.Args = noArguments
	}
}
