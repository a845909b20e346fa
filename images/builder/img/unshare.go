package main

import (
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
)

// newUnshare is util-linux's unshare --map-auto with our map. The pod's supervisor finds out with it whether ids can be mapped.
func newUnshare() *cobra.Command {
	return &cobra.Command{
		Use: "unshare COMMAND [ARGUMENT...]", Short: "Run a command in the user namespace that builds have", Args: cobra.MinimumNArgs(1),
		DisableFlagParsing: true, Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if !namespace.InEngine() {
				return enter(func(io.ReadWriteCloser) {})
			}
			program, err := exec.LookPath(args[0])
			if err != nil {
				return err
			}
			return unix.Exec(program, args, os.Environ())
		},
	}
}
