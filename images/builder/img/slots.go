package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
)

// slots are the names in the environment, separated by commas.
func slots(env func(string) string) []string {
	return strings.FieldsFunc(env("IMG_SLOTS"), func(r rune) bool { return r == ',' })
}

func newSlot(*global) *cobra.Command {
	return &cobra.Command{
		Use: "slot NAME", Short: "Run build steps of an img in another container of the pod", Args: cobra.ExactArgs(1),
		Long: "Run build steps of an img in another container of the pod. It removes all files of its own container first.",
		RunE: func(_ *cobra.Command, args []string) error { return slot.Serve(args[0]) },
	}
}

func newSlotCheck(g *global) *cobra.Command {
	timeout := 10 * time.Second
	cmd := &cobra.Command{
		Use: "slot-check", Short: "Check that the containers for build steps work", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(g.slots) == 0 {
				return errors.New("no slots are named with --slots or IMG_SLOTS")
			}
			if err := g.check(); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), timeout, fmt.Errorf("no answer within %s", timeout))
			defer cancel()
			for _, name := range g.slots {
				if err := slot.Check(ctx, name, engine.SlotKeys(g.runtimeDir())); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "how long to wait for the containers")
	return cmd
}
