// Command kubectl-img builds container images inside a Kubernetes cluster; kubectl runs it as `kubectl img`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs of every cloud

	"github.com/kubectl-img/kubectl-img/plugin"
)

func main() {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	ctx, cancel := context.WithCancelCause(context.Background())
	go cancelOnSignal(cancel)
	err := plugin.NewCommand(os.Environ(), streams).ExecuteContext(ctx)
	os.Exit(plugin.Report(err, os.Stderr))
}

// cancelOnSignal lets the first signal end the run in order, and the second one at once.
func cancelOnSignal(cancel context.CancelCauseFunc) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	cancel(plugin.Interrupted{Signal: <-signals})
	os.Exit(plugin.Interrupted{Signal: <-signals}.ExitCode())
}
