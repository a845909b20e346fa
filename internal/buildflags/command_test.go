package buildflags

import (
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// bench runs a command that has the flags of build and nothing else.
type bench struct{ *clitest.Bench }

func newBench(t testing.TB, env ...string) bench { return bench{clitest.New(t, env...)} }

func (b bench) command(do func(*build.Plan)) *cobra.Command {
	config := genericclioptions.NewConfigFlags(true)
	flags := New(b.Process, config)
	root := &cobra.Command{Use: "img", SilenceErrors: true, SilenceUsage: true, Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl img"}}
	cmd := &cobra.Command{
		Use: "build", Args: OnePath,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := flags.Plan(cmd.Flags(), args[0])
			if err == nil {
				do(plan)
			}
			return err
		},
	}
	root.SetFlagErrorFunc(cli.FlagError)
	config.AddFlags(root.PersistentFlags())
	flags.Add(cmd)
	root.AddCommand(cmd)
	return root
}

// plan returns the plan of `kubectl img build ARGS`.
func (b bench) plan(args ...string) (*build.Plan, error) {
	var plan *build.Plan
	cmd := b.command(func(p *build.Plan) { plan = p })
	cmd.SetArgs(append([]string{"build"}, args...))
	err := cmd.Execute()
	return plan, err
}

// unusable plans `kubectl img ARGS`, which must fail as wrong usage, and returns the report.
func (b bench) unusable(t *testing.T, args ...string) string {
	t.Helper()
	before := clitest.Files(t)
	cmd := b.command(func(*build.Plan) {})
	cmd.SetArgs(args)
	return b.CheckUnusable(t, cmd.Execute(), before)
}
