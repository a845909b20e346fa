package plugin

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// logsFlags holds what the user typed.
type logsFlags struct{ follow bool }

func newLogsCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &logsFlags{}
	cmd := &cobra.Command{
		Use:               "logs [flags] NAME",
		Short:             "Print the log of a build",
		Long:              "Print the log of a build on stdout. The build may be running, or have ended if its pod is still there.",
		Example:           "  # From its beginning, and on until the build has ended\n  kubectl img logs -n ci -f img-7f3k2a1b",
		Args:              oneName,
		ValidArgsFunction: buildNames(p, config, 1, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), p, config, args[0])
		},
	}
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "Go on until the build has ended")
	return cmd
}

func (o *logsFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter, name string) error {
	c, namespace, err := connect(p, config)
	if err != nil {
		return err
	}
	pod, err := builds.Find(ctx, c, namespace, name)
	if err != nil {
		return err
	}
	out := p.Streams.Out
	log := progress.NewCopy(build.Engine(podspec.Profile(pod.Annotations[podspec.AnnotationProfile])), out, p.IsTerminal(out))
	return progress.Interruptible(ctx, func() error {
		defer log.Close()
		if o.follow && builder.End(pod, podspec.Container) == nil {
			return builds.WatchLog(ctx, c, pod, log)
		}
		return c.CopyLog(ctx, pod, log)
	})
}
