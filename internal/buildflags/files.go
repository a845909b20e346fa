package buildflags

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// checkFiles checks the files that the run writes at its end, when it is too late to ask for another path.
func checkFiles(in *input, plan *build.Plan) error {
	for _, file := range []struct{ flag, path string }{
		{"iidfile", plan.IIDFile}, {"digest-file", plan.DigestFile}, {"metadata-file", plan.MetadataFile},
	} {
		if file.path == "" {
			continue
		}
		if err := checkFile(file.path); err != nil {
			return in.invalid(file.flag, file.path, err)
		}
	}
	noImage := !plan.Build.Push && plan.Output != nil && (plan.Output.Type == build.OutputTar || plan.Output.Type == build.OutputLocal)
	for _, file := range []struct{ flag, path string }{{"iidfile", plan.IIDFile}, {"digest-file", plan.DigestFile}} {
		if noImage && file.path != "" {
			return cli.Usagef("%s has nothing to hold: an output of type %s is no image", in.source(file.flag), plan.Output.Type).
				WithHint("--push, or --output type=oci,dest=PATH")
		}
	}
	return nil
}

// checkDestination looks at the file system without changing it.
func checkDestination(in *input, out *build.Destination) error {
	switch {
	case out.Stdout && in.proc.IsTerminal(in.proc.Streams.Out):
		return cli.WithHint(errors.New("refusing to write an archive to a terminal"), "redirect stdout: ... > image.tar")
	case out.Stdout:
		return nil
	case out.Type == build.OutputLocal:
		return checkDirectory(out.Dest)
	default:
		return checkFile(out.Dest)
	}
}

// checkDirectory accepts a directory that exists or can be made.
func checkDirectory(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("dest is a file: type local writes a directory")
	case err == nil:
		return writable(path)
	case errors.Is(err, os.ErrNotExist):
		return checkParent(path)
	default:
		return err
	}
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
