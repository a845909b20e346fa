package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
)

// What the linker stamps in; a plain `go build` leaves a development version.
var (
	// Version is the release, without a leading v.
	Version = "0.0.0-dev"
	// Commit is the revision the binary was built from.
	Commit = "unknown"
	// BuilderImage is the default of --image; empty for the released image of Version.
	BuilderImage = ""
)

const builderRepository = "ghcr.io/kubectl-img/builder"

func defaultImage() string {
	if BuilderImage != "" {
		return BuilderImage
	}
	return builderRepository + ":" + Version
}

func newVersionCommand(p process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of kubectl img",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.streams.Out, "kubectl img %s (commit %s)\nbuilder image: %s\n", Version, Commit, defaultImage())
			return err
		},
	}
	// kubectl's users type --client; this command never asks a server.
	cmd.Flags().Bool("client", true, "Print the client's version only; there is no other")
	return cmd
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument: %q", cmd.CommandPath(), args[0]).withHint(cmd.CommandPath() + " --help")
	}
	return nil
}
