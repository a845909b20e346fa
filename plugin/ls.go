package plugin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const lsExample = `  # In the current namespace; in all, with who started them and where they run
  kubectl img ls
  kubectl img ls -A -o wide

  # The names of failed builds
  kubectl img ls -o json |
    jq -r '.items[] | select(.status.phase == "Failed") | .metadata.name'`

const (
	// askLimit bounds the question what a builder pod is at.
	askLimit = 3 * time.Second
	// askers is how many pods are asked at a time.
	askers = 8
)

// lsFlags holds what the user typed.
type lsFlags struct {
	allNamespaces bool
	print         *genericclioptions.PrintFlags
}

func newLsCommand(p process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &lsFlags{print: genericclioptions.NewPrintFlags("")}
	cmd := &cobra.Command{
		Use:     "ls [flags]",
		Aliases: []string{"list"},
		Short:   "List the builds of a namespace",
		Long:    "List the builds of a namespace: what runs, since when, and what it is at.",
		Example: lsExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), p, config)
		},
	}
	o.print.AddFlags(cmd)
	cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In every namespace")
	return cmd
}

func (o *lsFlags) run(ctx context.Context, p process, config genericclioptions.RESTClientGetter) error {
	format := *o.print.OutputFormat
	var printer printers.ResourcePrinter
	if format != "" && format != "wide" {
		var err error
		if printer, err = o.print.ToPrinter(); err != nil {
			return &usageError{message: err.Error(), cause: err}
		}
	}
	c, pods, err := p.list(ctx, config, o.allNamespaces, "")
	if err != nil {
		return err
	}
	asked := c.ask(ctx, pods)
	if printer != nil {
		return printer.PrintObj(buildList(pods, asked), p.streams.Out)
	}
	if len(pods) == 0 {
		_, err := fmt.Fprintln(p.streams.ErrOut, "No builds found.")
		return err
	}
	table := printers.NewTablePrinter(printers.PrintOptions{Wide: format == "wide"})
	return table.PrintObj(buildTable(pods, asked, o.allNamespaces, c.clock.now()), p.streams.Out)
}

// ask returns what each pod that runs is at; one that does not answer in time is left out.
func (c *connection) ask(ctx context.Context, pods []corev1.Pod) []string {
	ctx, cancel := context.WithTimeoutCause(ctx, askLimit, errTimedOut)
	defer cancel()
	phases := make([]string, len(pods))
	places := make(chan struct{}, askers)
	var all sync.WaitGroup
	for i := range pods {
		if pods[i].Status.Phase != corev1.PodRunning || builder.End(&pods[i], podspec.Container) != nil {
			continue
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			phases[i], _ = session.Phase(ctx, c.runner(pods[i].Namespace, pods[i].Name))
		})
	}
	all.Wait()
	return phases
}

// buildTable is what kubectl would print of pods, with our columns.
func buildTable(pods []corev1.Pod, phases []string, namespaces bool, now time.Time) *metav1.Table {
	const wide = 1
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Name"}, {Name: "Status"}, {Name: "Age"}, {Name: "Image"}, {Name: "By", Priority: wide}, {Name: "Profile", Priority: wide}, {Name: "Node", Priority: wide},
	}}
	if namespaces {
		table.ColumnDefinitions = append([]metav1.TableColumnDefinition{{Name: "Namespace"}}, table.ColumnDefinitions...)
	}
	for i := range pods {
		pod := &pods[i]
		cells := []any{
			pod.Name, status(pod, phases[i]), duration.HumanDuration(now.Sub(pod.CreationTimestamp.Time)), orNone(strings.Join(tagsOf(pod), ",")),
			orNone(pod.Annotations[podspec.AnnotationBy]), orNone(pod.Annotations[podspec.AnnotationProfile]), orNone(pod.Spec.NodeName),
		}
		if namespaces {
			cells = append([]any{pod.Namespace}, cells...)
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}
