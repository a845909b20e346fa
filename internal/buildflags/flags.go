// Package buildflags turns the flags of build, and the environment, into a build.Plan, or into one clear error. There is a file per group of flags. It holds
// the flags, what completes them, the check of their values, and docker's flags of the same group that are not supported.
package buildflags

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Flags holds what the user typed, unread. Plan makes sense of it.
type Flags struct {
	imageFlags
	resultFlags
	authFlags
	podFlags
	nodeFlags
	profileFlags
	runFlags

	proc     cli.Process
	config   *genericclioptions.ConfigFlags
	set      *pflag.FlagSet  // all flags of the command, kubectl's too
	fromEnv  map[string]bool // the flags that the environment has set
	warnings []string
	profiles []podspec.Profile // to be tried in this order
}

// New returns flags without values.
func New(proc cli.Process, config *genericclioptions.ConfigFlags) *Flags {
	return &Flags{proc: proc, config: config}
}

// Add adds the flags to a command, in the order of the help.
func (f *Flags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.addImage(flags)
	f.addResult(flags)
	f.addAuth(flags)
	f.addPod(flags, f.proc.BuilderImage)
	f.addNodes(flags)
	f.addProfile(flags)
	f.addRun(flags)
	addUnsupported(flags)
	cluster := complete.Cluster{Env: f.proc.Env, Kubeconfig: f.config}
	for _, completions := range []complete.Flags{
		completeImage(), completeResult(), completeAuth(cluster), completePod(cluster), completeNodes(cluster), completeProfile(), completeRun(),
	} {
		completions.Register(cmd)
	}
}

// source names a flag as the user gave it, for errors.
func (f *Flags) source(flag string) string {
	if f.fromEnv[flag] {
		return cli.Variable(flag)
	}
	return "--" + flag
}

// assignment names a flag and its value as the user gave them.
func (f *Flags) assignment(flag, value string) string {
	if f.fromEnv[flag] {
		return cli.Variable(flag) + "=" + value
	}
	return "--" + flag + " " + value
}

func (f *Flags) invalid(flag, value string, cause error) error {
	return cli.InvalidValue(f.source(flag), value, cause)
}

// given reports whether the user set the flag, on the command line or in the environment.
func (f *Flags) given(flag string) bool { return f.set.Changed(flag) }

// typed reports whether the flag is on the command line.
func (f *Flags) typed(flag string) bool { return f.given(flag) && !f.fromEnv[flag] }
