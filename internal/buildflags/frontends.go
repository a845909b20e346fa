package buildflags

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

// noFrontends is the list that allows no frontend but the engine's own.
const noFrontends = "none"

// frontendFlags restrict which programs may read the Dockerfile.
type frontendFlags struct {
	*input

	frontends string
}

func (f *frontendFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.frontends, "frontends", "", "`IMAGES` that a # syntax= line may name, separated by commas, or none (default any); the flag and its variable both restrict")
}

func completeFrontends() complete.Table {
	return complete.Table{"frontends": complete.Words(noFrontends)}
}

// read hands both lists to the engine, which allows what is in both. A platform sets the variable; a flag must not undo it.
func (f *frontendFlags) read(plan *build.Plan) error {
	const flag = "frontends"
	if f.frontends != "" {
		if err := checkFrontends(f.frontends); err != nil {
			return f.invalid(flag, f.frontends, err)
		}
		plan.Build.Frontends = append(plan.Build.Frontends, f.frontends)
	}
	platform, _ := f.proc.Env.Lookup(cli.Variable(flag))
	if platform == "" || !f.typed(flag) {
		return nil
	}
	if err := checkFrontends(platform); err != nil {
		return cli.InvalidValue(cli.Variable(flag), platform, err)
	}
	plan.Build.Frontends = append(plan.Build.Frontends, platform)
	return nil
}

// checkFrontends rejects a list that the engine would reject.
func checkFrontends(list string) error {
	names := strings.Split(list, ",")
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == noFrontends {
			if len(names) > 1 {
				return errors.New("want none, or images")
			}
			continue
		}
		if _, err := build.ParseReference(name); err != nil {
			return err
		}
	}
	return nil
}
