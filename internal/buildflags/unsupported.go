package buildflags

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// unsupportedFlag is a flag of `docker build` or `docker buildx build` that build does not have. Flags of docker's daemon that people look for here
// are among them.
type unsupportedFlag struct {
	name      string
	shorthand string
	reason    string // completes "--NAME "
	instead   string // a command or a setting
}

// addUnsupported adds them as hidden flags, so that each is rejected by name in every form that docker accepts.
func addUnsupported(flags *pflag.FlagSet, unsupported []unsupportedFlag) {
	for _, u := range unsupported {
		f := flags.VarPF(unsupportedValue{u}, u.name, u.shorthand, u.reason)
		f.Hidden = true
		// Without a value pflag would complain about the value: `--secret` at the end of the line gets its own reason too.
		f.NoOptDefVal = "true"
	}
}

// unsupportedValue is the value of a flag that accepts none.
type unsupportedValue struct{ flag unsupportedFlag }

func (v unsupportedValue) Set(string) error {
	return &cli.UnsupportedFlagError{Source: "--" + v.flag.name, Reason: v.flag.reason, Instead: v.flag.instead}
}
func (v unsupportedValue) String() string { return "" }
func (v unsupportedValue) Type() string   { return "string" }
