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

	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
	"github.com/kubectl-img/kubectl-img/images/builder/img/runc"
)

func main() {
	if done, err := namespace.Stage(); done || err != nil {
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

// exitError is the engine's end, which has been reported by itself.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

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
	fmt.Fprintln(os.Stderr, "Error: "+err.Error())
	return 1
}
