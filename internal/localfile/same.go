package localfile

import (
	"io/fs"
	"os"
)

// Same reports whether what is written to a and to b meets in one file, where the second would replace or follow the first. Devices such as /dev/null may
// have several names.
func Same(a, b string) bool {
	first, err := resolve(a)
	if err != nil {
		return false
	}
	second, err := resolve(b)
	switch {
	case err != nil:
		return false
	case first.descriptor >= 0 && second.descriptor >= 0:
		return first.descriptor == second.descriptor
	case first.descriptor < 0 && first.path == second.path && first.info == nil:
		return true
	}
	one, err := os.Stat(first.path)
	if err != nil || one.Mode()&fs.ModeCharDevice != 0 {
		return false
	}
	other, err := os.Stat(second.path)
	return err == nil && os.SameFile(one, other)
}
