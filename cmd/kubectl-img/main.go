// Command kubectl-img builds container images inside a Kubernetes cluster; kubectl runs it as `kubectl img`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs of every cloud

	"github.com/kubectl-img/kubectl-img/plugin"
)

// cleanup is how long a run may take to end in order once it was told to. Its delete of the pod alone has 30 s.
const cleanup = 40 * time.Second

func main() {
	// A reader that has gone away, as in `kubectl img … | head`, is then an error of one write and no reason to die.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	img := plugin.New(os.Environ(), genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	ctx, cancel := context.WithCancelCause(context.Background())
	go endOnSignal(cancel, img.Abandon)
	os.Exit(img.Run(ctx, os.Args[1:]))
}

// endOnSignal lets the first signal end the run in order. A second one ends it at once, and so does time; what is left
// behind is said then.
func endOnSignal(cancel context.CancelCauseFunc, abandon func()) {
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as nohup and a shell's & have it
			signal.Notify(signals, s)
		}
	}
	cause := plugin.Interrupted{Signal: <-signals}
	cancel(cause)
	select {
	case again := <-signals:
		cause.Signal = again
	case <-time.After(cleanup):
	}
	abandon()
	os.Exit(cause.ExitCode())
}
