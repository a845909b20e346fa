package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// cancelFlags holds what the user typed.
type cancelFlags struct{ ignoreNotFound bool }

func newCancelCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &cancelFlags{}
	cmd := &cobra.Command{
		Use:               "cancel [flags] NAME...",
		Short:             "Stop builds and delete their pods",
		Long:              "Stop builds and delete their pods, whoever started them. A client that waits for one ends with an error.",
		Example:           "  # Two builds of namespace ci\n  kubectl img cancel -n ci img-7f3k2a1b img-9x2c4d5e",
		Args:              someNames,
		ValidArgsFunction: buildNames(p, config, 0, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), p, config, args)
		},
	}
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "Do not fail for a build that does not exist")
	return cmd
}

func (o *cancelFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter, names []string) error {
	c, namespace, err := connect(p, config)
	if err != nil {
		return err
	}
	var all error
	for _, name := range names {
		pod, err := builds.Find(ctx, c, namespace, name)
		if o.ignoreNotFound && apierrors.IsNotFound(err) {
			continue
		}
		if err == nil {
			err = builder.Adopt(c.API, pod, podspec.Container).DeleteUntil(ctx)
		}
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		if _, err := fmt.Fprintf(p.Streams.Out, "build %s/%s cancelled\n", namespace, name); err != nil {
			return err
		}
	}
	return all
}
