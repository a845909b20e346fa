package build

import (
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// The formats of --dry-run.
const (
	DryRunYAML = "yaml"
	DryRunJSON = "json"
)

// Print writes the pod as kubectl prints it.
func (p *Plan) Print(w io.Writer) error {
	if p.DryRun == DryRunJSON {
		return (&printers.JSONPrinter{}).PrintObj(p.Pod, w)
	}
	return (&printers.YAMLPrinter{}).PrintObj(p.Pod, w)
}

// Warn writes the plan's warnings.
func (p *Plan) Warn(w io.Writer) {
	for _, warning := range p.Warnings {
		_, _ = fmt.Fprintln(w, "warning: "+cli.OneLine(warning))
	}
}
