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

func newPruneCommand(p process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &pruneFlags{}
	cmd := &cobra.Command{
		Use:     "prune [flags]",
		Short:   "Delete builder pods that have ended or expired",
		Long:    "Delete builder pods that have ended or expired. A running build is left alone, unless --all is given.",
		Example: pruneExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), p, config)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.all, "all", false, "Running builds too")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In every namespace")
	flags.StringVarP(&o.selector, "selector", "l", "", "`LABELS`: Only builds whose pod has these labels, as kubectl get -l takes them; see build --pod-label")
	flags.BoolVar(&o.dryRun, "dry-run", false, "Print what would be deleted and do nothing")
	return cmd
}

func (o *pruneFlags) run(ctx context.Context, p process, config genericclioptions.RESTClientGetter) error {
	if _, err := labels.Parse(o.selector); err != nil {
		return invalidValue("--selector", o.selector, err)
	}
	c, pods, err := p.list(ctx, config, o.allNamespaces, o.selector)
	if err != nil {
		return err
	}
	var all error
	for i := range pods {
		why := o.reason(&pods[i], c)
		if why == "" {
			continue
		}
		pod := builder.Adopt(c.api, &pods[i], podspec.Container)
		if !o.dryRun {
			if err := pod.DeleteUntil(ctx); err != nil {
				all = errors.Join(all, err)
				continue
			}
		}
		if _, err := fmt.Fprintf(p.streams.Out, "builder pod %s deleted (%s)%s\n", pod, why, map[bool]string{true: " (dry run)"}[o.dryRun]); err != nil {
			return err
		}
	}
	return all
}

// reason says why a pod is to be deleted; empty if it is not.
func (o *pruneFlags) reason(pod *corev1.Pod, c *connection) string {
	switch {
	case builder.End(pod, podspec.Container) != nil:
		return "ended"
	case expired(pod, c.clock.now()):
		return "expired"
	case o.all:
		return "running"
	default:
		return ""
	}
}

// list connects and returns the builder pods of the namespace or of all, or those of them that a selector finds.
func (p process) list(ctx context.Context, config genericclioptions.RESTClientGetter, everywhere bool, selector string) (*connection, []corev1.Pod, error) {
	c, namespace, err := p.enter(config, &Plan{})
	if err != nil {
		return nil, nil, err
	}
	if everywhere {
		namespace = ""
	}
	if selector != "" {
		selector = "," + selector
	}
	pods, err := c.api.List(ctx, namespace, ours()+selector)
	return c, pods, err
}
