package plugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// readFiles checks the files that the run writes at its end, when it is too late to ask for another path.
func (o *buildFlags) readFiles(plan *Plan, _ process) error {
	for _, f := range []struct{ flag, path string }{
		{"iidfile", o.iidFile}, {"digest-file", o.digestFile}, {"metadata-file", o.metadataFile},
	} {
		if f.path == "" {
			continue
		}
		if err := checkFile(f.path); err != nil {
			return o.invalid(f.flag, f.path, err)
		}
	}
	imageless := !plan.Build.Push && plan.Output != nil && (plan.Output.Type == outputTar || plan.Output.Type == outputLocal)
	for _, f := range []struct{ flag, path string }{{"iidfile", o.iidFile}, {"digest-file", o.digestFile}} {
		if imageless && f.path != "" {
			return usagef("%s has nothing to hold: an output of type %s is no image", o.source(f.flag), plan.Output.Type).
				withHint("--push, or --output type=oci,dest=PATH")
		}
	}
	return nil
}

// checkFile accepts a file that can be written or made.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a directory: want a file")
	case err == nil:
		return writable(path)
	case errors.Is(err, os.ErrNotExist):
		return checkParent(path)
	default:
		return err
	}
}

func checkParent(path string) error {
	parent := filepath.Dir(path)
	info, err := os.Stat(parent)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("directory %s does not exist", parent)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", parent)
	default:
		return writable(parent)
	}
}
