package plugin

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/buildflags"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

const buildLong = `Build an image from a Dockerfile in its own pod, push it, and delete the pod.

PATH is a directory; - reads a tar archive from stdin, and the pod fetches URL. The digest, REPOSITORY@sha256:..., is
the only line on stdout.`

const buildExample = `  # Build the current directory and push it
  kubectl img build -t registry.example.com/team/app:1.2 .

  # Only look at the pod, in namespace ci, with a build argument
  kubectl img build -n ci -t registry.example.com/a --build-arg V=1 --dry-run .

  # Let the pod clone a repository, with a secret for a step
  kubectl img build -t r.example/a --secret id=npm https://r.example/a.git`

func newBuildCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	flags := buildflags.New(p, config)
	cmd := &cobra.Command{
		Use:               "build [flags] PATH | URL | -",
		Short:             "Build an image from a Dockerfile and push it",
		Long:              buildLong,
		Example:           buildExample,
		Annotations:       complete.ReadsEnvironment(),
		Args:              buildflags.OnePath,
		ValidArgsFunction: onePath,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := flags.Plan(cmd.Flags(), args[0])
			if err != nil {
				return err
			}
			return runBuild(cmd.Context(), plan, p, config)
		},
	}
	flags.Add(cmd)
	usedMost(cmd, "tag", "file", "build-arg", "platform", "output", "auth", "profile", "detach", "dry-run")
	return cmd
}

// runBuild shows the warnings and then prints the pod or runs the build.
func runBuild(ctx context.Context, plan *build.Plan, p cli.Process, config genericclioptions.RESTClientGetter) error {
	plan.Warn(p.Streams.ErrOut)
	if plan.DryRun != "" {
		return plan.Print(p.Streams.Out)
	}
	c, err := cluster.Connect(config, progress.NewLogger(plan.Progress, plan.Verbose, p.Streams.ErrOut))
	if err != nil {
		return err
	}
	return build.Run(ctx, plan, p, c)
}

// onePath completes the build context.
func onePath(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return complete.Nothing(cmd, args, typed)
	}
	return complete.Directories(cmd, args, typed)
}
