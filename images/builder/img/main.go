// img builds and pushes images without a daemon and without privilege: BuildKit in one process, behind the command line of genuinetools/img.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
	"github.com/kubectl-img/kubectl-img/images/builder/img/receive"
	"github.com/kubectl-img/kubectl-img/images/builder/img/runc"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
)

func main() {
	if done, err := namespace.Stage(); done || err != nil {
		os.Exit(code(err))
	}
	if err := slot.Stage(); err != nil {
		os.Exit(code(err))
	}
	if runc.IsFront() {
		os.Exit(runc.Main())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(code(newRoot().ExecuteContext(ctx)))
}

// code prints what went wrong, and where in the Dockerfile, and returns the exit code.
func code(err error) int {
	var exited exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exited):
		return int(exited)
	}
	for _, source := range errdefs.Sources(err) {
		_ = source.Print(os.Stderr)
	}
	fmt.Fprintln(os.Stderr, "Error: "+oneLine(err.Error()))
	return 1
}

func newRoot() *cobra.Command {
	g := &global{}
	root := &cobra.Command{
		Use: "img", Short: "Build and push images without a daemon and without privilege",
		Version: release(), SilenceErrors: true, SilenceUsage: true,
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&g.state, "state", "s", defaultState(os.Getenv), "directory that keeps images and cache")
	flags.StringVarP(&g.backend, "backend", "b", "auto", "how layers are stored: auto, overlayfs or native")
	flags.BoolVarP(&g.debug, "debug", "d", false, "log what BuildKit does")
	flags.StringArrayVar(&g.plainHTTP, "plain-http", nil, "registry `HOST` that speaks plain http (repeatable)")
	flags.StringArrayVar(&g.mirrors, "mirror", nil, "registry that is asked first, as `HOST=MIRROR` (repeatable)")
	flags.StringSliceVar(&g.slots, "slots", slots(os.Getenv), "containers that build steps run in, by `NAME` (see img slot)")
	root.AddCommand(newBuild(g), newPush(g), newPull(g), newTag(g), newList(g), newRemove(g), newSave(g), newLoad(g),
		newUnpack(g), newInspect(g), newDiskUsage(g), newPrune(g), newUnshare(), newSlot(g), newSlotCheck(g), newVersion(), receive.Command())
	return root
}
