package plugin

import (
	"context"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// The formats of --dry-run.
const (
	dryRunYAML = "yaml"
	dryRunJSON = "json"
)

// carryOut shows the warnings and then prints the pod or runs the build.
func (p *Plan) carryOut(ctx context.Context, proc process, config genericclioptions.RESTClientGetter) error {
	for _, w := range p.Warnings {
		fmt.Fprintln(proc.streams.ErrOut, "warning: "+oneLine(w))
	}
	if p.DryRun != "" {
		return printPod(p.Pod, p.DryRun, proc.streams.Out)
	}
	return p.run(ctx, proc, config)
}

// printPod writes the pod as kubectl would.
func printPod(pod *corev1.Pod, format string, w io.Writer) error {
	if format == dryRunJSON {
		return (&printers.JSONPrinter{}).PrintObj(pod, w)
	}
	return (&printers.YAMLPrinter{}).PrintObj(pod, w)
}
