package plugin

import (
	"sync"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

const rootLong = `Build container images inside your Kubernetes cluster, in an unprivileged pod that is deleted afterwards.`

const rootExample = `  # Can images be built in namespace ci? It says what is missing
  kubectl img doctor -n ci

  # What an administrator applies for it
  kubectl img setup -n ci --user jane | kubectl apply -f -

  # Build the current directory and push it
  kubectl img build -n ci -t registry.example.com/team/app:1.2 .`

// verbGroup is a group of verbs in the help.
type verbGroup struct {
	title string
	verbs []*cobra.Command
}

// verbGroups registers every verb, in the order of the help.
func verbGroups(p cli.Process, config *genericclioptions.ConfigFlags) []verbGroup {
	return []verbGroup{
		{"Build", []*cobra.Command{newBuildCommand(p, config)}},
		{"Builds that run or have ended", []*cobra.Command{
			newLsCommand(p, config), newAttachCommand(p, config), newLogsCommand(p, config), newCancelCommand(p, config), newPruneCommand(p, config),
		}},
		{"A cluster to build in", []*cobra.Command{newSetupCommand(p, config), newDoctorCommand(p, config)}},
		{"The plugin itself", []*cobra.Command{newCompletionCommand(p), newVersionCommand(p, config), newOptionsCommand(p), newHelpCommand()}},
	}
}

// keepOrder makes cobra list the verbs in the order in which they are added.
var keepOrder = sync.OnceFunc(func() { cobra.EnableCommandSorting = false })

// newRootCommand returns the whole command. It prints no errors: they go to Report.
func newRootCommand(p cli.Process) *cobra.Command {
	keepOrder()
	config := genericclioptions.NewConfigFlags(true)
	root := &cobra.Command{
		Use:           "kubectl-img VERB [flags]",
		Short:         "Build container images inside your Kubernetes cluster",
		Long:          rootLong,
		Example:       rootExample,
		SilenceUsage:  true,
		SilenceErrors: true,
		// kubectl runs the binary as a sub-command, so usage must read as users type it.
		Annotations:                map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl img"},
		Args:                       knownCommand,
		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		ValidArgsFunction:          complete.Nothing,
	}
	root.SetIn(p.Streams.In)
	root.SetOut(p.Streams.Out)
	root.SetErr(p.Streams.ErrOut)
	root.SetFlagErrorFunc(flagError)
	config.AddFlags(root.PersistentFlags())
	complete.Cluster{Env: p.Env, Kubeconfig: config}.KubectlFlags().Register(root)
	for _, group := range verbGroups(p, config) {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, verb := range group.verbs {
			verb.GroupID = group.title
			root.AddCommand(verb)
			if verb.Name() == "help" {
				root.SetHelpCommand(verb)
			}
		}
	}
	// cobra's own scripts complete kubectl-img, which nobody types.
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(showHelp)
	if p.Completing {
		describeFlags(root)
	}
	return root
}

// describeFlags prepares the flags of all commands for a shell.
func describeFlags(cmd *cobra.Command) {
	complete.Describe(cmd.PersistentFlags())
	complete.Describe(cmd.LocalNonPersistentFlags())
	for _, sub := range cmd.Commands() {
		describeFlags(sub)
	}
}
