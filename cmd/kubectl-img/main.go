// Command kubectl-img builds container images in a Kubernetes cluster. kubectl runs it as `kubectl img`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // login methods of kubeconfigs

	"github.com/kubectl-img/kubectl-img/plugin"
)

// cleanupLimit is how long a run may clean up after a signal. The delete of the pod takes up to 30 s of it.
const cleanupLimit = 40 * time.Second

func main() {
	// When the reader goes away, as in `kubectl img … | head`, the write then returns an error and the process goes on.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	img := plugin.New(os.Environ(), genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	ctx, cancel := context.WithCancelCause(context.Background())
	go endOnSignal(cancel, img.Abandon)
	os.Exit(img.Run(ctx, os.Args[1:]))
}

// sameEvent is how long after the first signal another one belongs to it: GNU timeout signals the process and then its group, and a CI system every process
// of a job.
const sameEvent = time.Second

// endOnSignal cancels the run on the first signal, so that it cleans up. A later signal, or the time limit, ends the process at
// once; abandon then prints what is left behind.
func endOnSignal(cancel context.CancelCauseFunc, abandon func()) {
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // nohup and a shell's & ignore some
			signal.Notify(signals, s)
		}
	}
	cause := plugin.Interrupted{Signal: <-signals}
	cancel(cause)
	cause.Signal = awaitEnd(signals, cause.Signal)
	abandon()
	os.Exit(plugin.Report(cause, os.Stderr))
}

// awaitEnd returns the signal that ends a run at once, or the first one after the time limit.
func awaitEnd(signals <-chan os.Signal, first os.Signal) os.Signal {
	began := time.Now()
	limit := time.After(cleanupLimit)
	for {
		select {
		case next := <-signals:
			if time.Since(began) >= sameEvent {
				return next
			}
		case <-limit:
			return first
		}
	}
}
