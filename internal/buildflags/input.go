package buildflags

import (
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// input is what the groups of flags share.
type input struct {
	proc     cli.Process
	config   *genericclioptions.ConfigFlags
	set      *pflag.FlagSet  // all flags of the command, kubectl's too
	fromEnv  map[string]bool // the flags that the environment has set
	warnings []string
}

// source names a flag as the user gave it, for errors.
func (in *input) source(flag string) string {
	if in.fromEnv[flag] {
		return cli.Variable(flag)
	}
	return "--" + flag
}

// assignment names a flag and its value as the user gave them.
func (in *input) assignment(flag, value string) string {
	if in.fromEnv[flag] {
		return cli.Variable(flag) + "=" + value
	}
	return "--" + flag + " " + value
}

func (in *input) invalid(flag, value string, cause error) error {
	return cli.InvalidValue(in.source(flag), value, cause)
}

// given reports whether the user set the flag, on the command line or in the environment.
func (in *input) given(flag string) bool { return in.set.Changed(flag) }

// typed reports whether the flag is on the command line.
func (in *input) typed(flag string) bool { return in.given(flag) && !in.fromEnv[flag] }
