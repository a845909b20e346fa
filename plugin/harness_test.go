package plugin

import (
	"context"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/buildflags"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// bench runs the whole command.
type bench struct{ *clitest.Bench }

func newBench(t testing.TB, env ...string) bench { return bench{clitest.New(t, env...)} }

// run executes a command line and returns its exit code.
func (b bench) run(args ...string) int {
	cmd := newRootCommand(b.Process)
	cmd.SetArgs(args)
	return Report(cmd.ExecuteContext(context.Background()), b.ErrOut)
}

// unusable runs a command line that must fail as wrong usage, and returns the report.
func (b bench) unusable(t *testing.T, args ...string) string {
	t.Helper()
	before := clitest.Files(t)
	cmd := newRootCommand(b.Process)
	cmd.SetArgs(args)
	return b.CheckUnusable(t, cmd.ExecuteContext(t.Context()), before)
}

// plan returns the plan of `kubectl img build ARGS .`.
func (b bench) plan(t *testing.T, args ...string) *build.Plan {
	t.Helper()
	config := genericclioptions.NewConfigFlags(true)
	flags := buildflags.New(b.Process, config)
	cmd := &cobra.Command{Use: "build"}
	config.AddFlags(cmd.Flags())
	flags.Add(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	plan, err := flags.Plan(cmd.Flags(), ".")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// flagUsage is how a flag is typed: -t, --tag NAME[:TAG].
func flagUsage(f *pflag.Flag) string {
	spelled := "--" + f.Name
	if f.Shorthand != "" {
		spelled = "-" + f.Shorthand + ", " + spelled
	}
	return spelled + placeholder(f)
}

// placeholder is what stands for a flag's value, with what separates it from the name.
func placeholder(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Value.Type() == "bool":
		return ""
	case f.NoOptDefVal != "":
		return "[=" + name + "]"
	default:
		return " " + name
	}
}
