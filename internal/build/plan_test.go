package build_test

import (
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/buildflags"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// planOf returns the plan of `kubectl img build -t 127.0.0.1:1/app ARGS .`, without a registry login. No registry answers there.
func planOf(t *testing.T, args ...string) *build.Plan {
	t.Helper()
	config := genericclioptions.NewConfigFlags(true)
	flags := buildflags.New(clitest.New(t).Process, config)
	cmd := &cobra.Command{Use: "build"}
	config.AddFlags(cmd.Flags())
	flags.Add(cmd)
	if err := cmd.ParseFlags(append(args, "-t", "127.0.0.1:1/app", "--check-push=false", "--auth", "none")); err != nil {
		t.Fatal(err)
	}
	plan, err := flags.Plan(cmd.Flags(), ".")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
