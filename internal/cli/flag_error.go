package cli

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// FlagError gives an error of pflag the form of ours, and suggests a flag of a similar name.
func FlagError(cmd *cobra.Command, err error) error {
	var unsupported *UnsupportedFlagError
	if errors.As(err, &unsupported) {
		return unsupported
	}
	help := cmd.CommandPath() + " --help"
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return InvalidValue("--"+value.GetFlag().Name, value.GetValue(), value.Unwrap()).WithHint(help)
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		if name, ok := closestFlag(cmd.Flags(), unknown.GetSpecifiedName()); ok {
			help = "did you mean --" + name + "?"
		}
	}
	return Usage(err).WithHint(help)
}

// closestFlag returns the visible flag that is at most two edits away from name.
func closestFlag(flags *pflag.FlagSet, name string) (string, bool) {
	best, least := "", 3
	flags.VisitAll(func(f *pflag.Flag) {
		if d := distance(name, f.Name); !f.Hidden && d < least && d < len(f.Name) {
			best, least = f.Name, d
		}
	})
	return best, best != ""
}

// distance is the Levenshtein distance of two ASCII words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
