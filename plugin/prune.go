package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const pruneExample = `  # What clients that were killed have left behind, and pods kept with --keep
  kubectl img prune -n ci

  # Running builds too, in every namespace; look first
  kubectl img prune -A --all --dry-run

  # What builds with --pod-label pipeline=42 have left, however they ended
  kubectl img prune -n ci --all -l pipeline=42`

// pruneFlags holds what the user typed.
type pruneFlags struct {
	all, allNamespaces, dryRun bool
	selector                   string
}

func newPruneCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &pruneFlags{}
	cmd := &cobra.Command{
		Use:               "prune [flags]",
		Short:             "Delete builder pods that have ended or expired",
		Long:              "Delete builder pods that have ended or expired. Running builds stay, unless --all is given.",
		Example:           pruneExample,
		Args:              noArguments,
		ValidArgsFunction: complete.Nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), p, config)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.all, "all", false, "Delete running builds too")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In every namespace")
	flags.StringVarP(&o.selector, "selector", "l", "", "Only builds whose pod has these `LABELS`, as kubectl get -l takes them; see build --pod-label")
	flags.BoolVar(&o.dryRun, "dry-run", false, "Print what would be deleted and do nothing")
	complete.Table{"selector": complete.Nothing}.Register(cmd)
	return cmd
}

func (o *pruneFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter) error {
	if _, err := labels.Parse(o.selector); err != nil {
		return cli.InvalidValue("--selector", o.selector, err)
	}
	c, namespace, err := connect(p, config)
	if err != nil {
		return err
	}
	if o.allNamespaces {
		namespace = ""
	}
	pods, err := builds.List(ctx, c, namespace, o.selector)
	if err != nil {
		return err
	}
	var all error
	for i := range pods {
		reason := o.reason(&pods[i], c)
		if reason == "" {
			continue
		}
		pod := builder.Adopt(c.API, &pods[i], podspec.Container)
		if !o.dryRun {
			if err := pod.DeleteUntil(ctx); err != nil {
				all = errors.Join(all, err)
				continue
			}
		}
		if _, err := fmt.Fprintf(p.Streams.Out, "builder pod %s deleted (%s)%s\n", pod, reason, map[bool]string{true: " (dry run)"}[o.dryRun]); err != nil {
			return err
		}
	}
	return all
}

// reason says why a pod is to be deleted; empty if it is not.
func (o *pruneFlags) reason(pod *corev1.Pod, c *cluster.Connection) string {
	switch {
	case builder.End(pod, podspec.Container) != nil:
		return "ended"
	case podspec.Expired(pod, c.Clock.Now()):
		return "expired"
	case o.all:
		return "running"
	default:
		return ""
	}
}
