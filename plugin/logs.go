package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// logsFlags holds what the user typed.
type logsFlags struct{ follow bool }

func newLogsCommand(p process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &logsFlags{}
	cmd := &cobra.Command{
		Use:     "logs [flags] NAME",
		Short:   "Print the log of a build",
		Long:    "Print the log of a build on stdout, of one that runs or of one that has ended and whose pod is still there.",
		Example: "  # From its beginning, and on until the build has ended\n  kubectl img logs -n ci -f img-7f3k2a1b",
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), p, config, args[0])
		},
	}
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "Go on until the build has ended")
	return cmd
}

func (o *logsFlags) run(ctx context.Context, p process, config genericclioptions.RESTClientGetter, name string) error {
	c, pod, err := p.seek(ctx, config, name, &Plan{})
	if err != nil {
		return err
	}
	w := &buildLog{show: p.streams.Out, err: p.streams.Out, plain: !p.terminal(p.streams.Out)}
	defer w.Close()
	if o.follow && builder.End(pod, podspec.Container) == nil {
		return c.watchLog(ctx, pod, w)
	}
	return c.copyLog(ctx, pod, w)
}

// watchLog follows the log over exec, which resumes where a connection broke; it is no client that the build waits for.
func (c *connection) watchLog(ctx context.Context, pod *corev1.Pod, w io.Writer) error {
	adopted := builder.Adopt(c.api, pod, podspec.Container)
	if err := adopted.Await(ctx, func(string) {}); err != nil {
		return err
	}
	s := session.New(c.runner(pod.Namespace, pod.Name), graceOf(pod), session.Handlers{Disconnected: c.disconnected})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	ended := make(chan error, 1)
	all.Go(func() { s.Watch(ctx, w) })
	all.Go(func() {
		_, err := adopted.Ended(ctx)
		ended <- err
	})
	select {
	case outcome := <-s.Result():
		if isOver(outcome.Err) {
			return nil
		}
		return outcome.Err
	case err := <-ended:
		_, _ = first(s.Result(), patience) // the end of the log
		if gone := (*builder.DeletedError)(nil); errors.As(err, &gone) {
			return nil // and so is its log
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// copyLog copies what the container has written, from its node.
func (c *connection) copyLog(ctx context.Context, pod *corev1.Pod, w io.Writer) error {
	stream, err := c.api.Client().CoreV1().Pods(pod.Namespace).
		GetLogs(pod.Name, &corev1.PodLogOptions{Container: podspec.Container}).Stream(ctx)
	if err == nil {
		defer stream.Close()
		_, err = io.Copy(w, stream)
	}
	if err != nil {
		return fmt.Errorf("read the log of builder pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}
