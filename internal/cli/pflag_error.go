package cli

import (
	"errors"

	"github.com/spf13/pflag"
)

// isFlagError reports whether err is an error of pflag, which has neither a hint nor an exit code.
func isFlagError(err error) bool {
	var notExist *pflag.NotExistError
	var noValue *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	return errors.As(err, &notExist) || errors.As(err, &noValue) || errors.As(err, &value) || errors.As(err, &syntax)
}
