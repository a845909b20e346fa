package plugin

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

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
