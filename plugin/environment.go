package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

const (
	environmentPrefix = "KUBECTL_IMG_"
	// testsPrefix is for the project's own tests; these variables are not settings.
	testsPrefix = environmentPrefix + "TESTS_"
)

// variable returns the environment variable of a flag: --build-arg is KUBECTL_IMG_BUILD_ARG.
func variable(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// applyEnvironment sets every flag that the command line left alone from its variable. It returns the names of the flags
// that it set, and a warning for each variable that belongs to no flag. An empty variable counts as none.
func applyEnvironment(flags *pflag.FlagSet, env []string) (set map[string]bool, warnings []string, err error) {
	set = map[string]bool{}
	values := prefixed(env)
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(f.Name)
		value, ok := values[name]
		if !ok || f.Name == "help" {
			return
		}
		delete(values, name)
		if f.Changed || value == "" || err != nil {
			return
		}
		set[f.Name] = true
		err = setFromEnvironment(flags, f, value)
	})
	for name := range values {
		warnings = append(warnings, fmt.Sprintf("unknown environment variable %s is ignored", name))
	}
	slices.Sort(warnings)
	return set, warnings, err
}

// setFromEnvironment gives a repeatable flag one value per line.
func setFromEnvironment(flags *pflag.FlagSet, f *pflag.Flag, value string) error {
	lines := []string{value}
	if _, repeatable := f.Value.(pflag.SliceValue); repeatable {
		lines = slices.DeleteFunc(strings.Split(value, "\n"), func(line string) bool { return line == "" })
	}
	for _, line := range lines {
		if err := flags.Set(f.Name, line); err != nil {
			return environmentError(f, line, err)
		}
	}
	return nil
}

func environmentError(f *pflag.Flag, value string, err error) error {
	var refused *refusedError
	if errors.As(err, &refused) {
		return &refusedError{variable(f.Name), refused.flag}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		err = invalid.Unwrap()
	}
	return invalidValue(variable(f.Name), value, err)
}

func prefixed(env []string) map[string]string {
	values := map[string]string{}
	for _, entry := range env {
		key, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(key, environmentPrefix) && !strings.HasPrefix(key, testsPrefix) {
			values[key] = value
		}
	}
	return values
}

// lookup returns the value of key in env; the last entry wins, as in a process.
func lookup(env []string, key string) (string, bool) {
	for _, entry := range slices.Backward(env) {
		if k, v, ok := strings.Cut(entry, "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}
