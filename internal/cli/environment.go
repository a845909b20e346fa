package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

const (
	environmentPrefix = "KUBECTL_IMG_"
	// testsPrefix marks the variables of the project's own tests, which are not settings.
	testsPrefix = environmentPrefix + "TESTS_"
)

// Environment is a list of KEY=VALUE, as os.Environ returns it.
type Environment []string

// Lookup returns the value of key. The last entry wins, as in a process.
func (e Environment) Lookup(key string) (string, bool) {
	for _, entry := range slices.Backward(e) {
		if k, v, ok := strings.Cut(entry, "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}

// WithoutSettings returns the environment without the variables that set flags.
func (e Environment) WithoutSettings() Environment {
	return slices.DeleteFunc(slices.Clone(e), func(entry string) bool {
		key, _, _ := strings.Cut(entry, "=")
		return isSetting(key)
	})
}

func (e Environment) settings() map[string]string {
	values := map[string]string{}
	for _, entry := range e {
		if key, value, _ := strings.Cut(entry, "="); isSetting(key) {
			values[key] = value
		}
	}
	return values
}

func isSetting(key string) bool {
	return strings.HasPrefix(key, environmentPrefix) && !strings.HasPrefix(key, testsPrefix)
}

// Variable returns the environment variable of a flag: --build-arg is KUBECTL_IMG_BUILD_ARG.
func Variable(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Apply sets each flag that the command line does not set from its variable. An empty variable sets nothing. Apply returns the names of the
// flags it has set, and a warning for each variable that belongs to no flag.
func (e Environment) Apply(flags *pflag.FlagSet) (set map[string]bool, warnings []string, err error) {
	set = map[string]bool{}
	values := e.settings()
	flags.VisitAll(func(f *pflag.Flag) {
		name := Variable(f.Name)
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
	var unsupported *UnsupportedFlagError
	if errors.As(err, &unsupported) {
		return &UnsupportedFlagError{Source: Variable(f.Name), Reason: unsupported.Reason, Instead: unsupported.Instead}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		err = invalid.Unwrap()
	}
	return InvalidValue(Variable(f.Name), value, err)
}
