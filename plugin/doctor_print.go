package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/doctor"
)

// outputJSON is the format for programs.
const outputJSON = "json"

func printReport(report *doctor.Report, format string, w io.Writer) error {
	if format == outputJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(report)
	}
	var rows strings.Builder
	fmt.Fprintln(&rows, "STATUS\tCHECK\tDETAIL")
	for _, c := range report.Checks {
		fmt.Fprintf(&rows, "%s\t%s\t%s\n", c.Status, cli.OneLine(c.Name), cli.OneLine(c.Detail))
		if c.Mend != "" {
			fmt.Fprintf(&rows, "\t\tmend: %s\n", cli.OneLine(c.Mend))
		}
	}
	table := printers.GetNewTabWriter(w)
	if _, err := io.WriteString(table, rows.String()); err != nil {
		return err
	}
	return table.Flush()
}

// noProfileError is a namespace in which no profile can work.
type noProfileError struct{ hint string }

func (e *noProfileError) Error() string { return "no profile can work here" }

// Hint mends the first thing that is wrong.
func (e *noProfileError) Hint() string { return e.hint }

// ExitCode is that of a refusal by policy.
func (e *noProfileError) ExitCode() int { return cli.CodePolicy }

func noProfile(report *doctor.Report) error {
	if len(report.Profiles) > 0 {
		return nil
	}
	err := &noProfileError{}
	for _, c := range report.Checks {
		if c.Status == doctor.Fail && err.hint == "" {
			err.hint = c.Mend
		}
	}
	return err
}
