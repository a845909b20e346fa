package buildflags

import (
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// epoch is the build argument that fixes the times in an image, in seconds since 1970: https://reproducible-builds.org/specs/source-date-epoch.
const epoch = "SOURCE_DATE_EPOCH"

// readBuildArgs takes KEY from the environment, as docker does. A KEY that is not there is left out. SOURCE_DATE_EPOCH comes from the environment
// without being asked for, as with buildx.
func (in *input) readBuildArgs(args []string, env cli.Environment) ([]string, error) {
	var out []string
	if _, found := env.Lookup(epoch); found {
		args = append([]string{epoch}, args...) // the last value counts
	}
	for _, arg := range args {
		key, value, hasValue := strings.Cut(arg, "=")
		if strings.TrimSpace(key) == "" {
			// The value stays out of the message: people put secrets there.
			return nil, cli.Usagef("invalid value for %s: empty key: want KEY=VALUE or KEY", in.source("build-arg"))
		}
		if !hasValue {
			if value, hasValue = env.Lookup(key); !hasValue {
				continue
			}
		}
		if _, err := strconv.ParseUint(value, 10, 62); key == epoch && value != "" && err != nil {
			return nil, cli.Usagef("%s=%s: want seconds since 1970", epoch, value)
		}
		out = append(out, key+"="+value)
	}
	return out, nil
}
