package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

const lsExample = `  # In the current namespace; in all, with who started them and where they run
  kubectl img ls
  kubectl img ls -A -o wide

  # The names of failed builds
  kubectl img ls -o json |
    jq -r '.items[] | select(.status.phase == "Failed") | .metadata.name'`

// lsFlags holds what the user typed.
type lsFlags struct {
	allNamespaces bool
	print         *genericclioptions.PrintFlags
}

func newLsCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &lsFlags{print: genericclioptions.NewPrintFlags("")}
	cmd := &cobra.Command{
		Use:               "ls [flags]",
		Aliases:           []string{"list"},
		Short:             "List the builds of a namespace",
		Long:              "List the builds of a namespace: what runs, since when, and what it is doing.",
		Example:           lsExample,
		Args:              noArguments,
		ValidArgsFunction: complete.Nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), p, config)
		},
	}
	o.print.AddFlags(cmd)
	cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In every namespace")
	complete.Table{"output": complete.Words("wide", "json", "yaml", "name", "jsonpath=", "go-template="), "template": complete.Nothing}.Register(cmd)
	usedMost(cmd, "all-namespaces", "output")
	return cmd
}

func (o *lsFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter) error {
	format := *o.print.OutputFormat
	var printer printers.ResourcePrinter
	if format != "" && format != "wide" {
		var err error
		if printer, err = o.print.ToPrinter(); err != nil {
			return cli.Usage(err)
		}
	}
	c, namespace, err := connect(p, config)
	if err != nil {
		return err
	}
	if o.allNamespaces {
		namespace = ""
	}
	pods, err := builds.List(ctx, c, namespace, "")
	if err != nil {
		return err
	}
	phases := builds.Phases(ctx, c, pods)
	if printer != nil {
		return printer.PrintObj(builds.Objects(pods, phases), p.Streams.Out)
	}
	if len(pods) == 0 {
		_, err := fmt.Fprintln(p.Streams.ErrOut, "No builds found.")
		return err
	}
	table := printers.NewTablePrinter(printers.PrintOptions{Wide: format == "wide"})
	return table.PrintObj(builds.Table(pods, phases, o.allNamespaces, c.Clock.Now()), p.Streams.Out)
}
