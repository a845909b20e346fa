package buildflags

import (
	"errors"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/localfile"
)

// checkFiles checks the files that the run writes at its end, when it is too late to ask for another path.
func checkFiles(in *input, plan *build.Plan) error {
	all := []struct{ flag, path string }{{"iidfile", plan.IIDFile}, {"digest-file", plan.DigestFile}, {"metadata-file", plan.MetadataFile}}
	if plan.Output != nil && !plan.Output.Stdout {
		all = append(all, struct{ flag, path string }{"output", filepath.Clean(plan.Output.Dest)})
	}
	for i, file := range all {
		if file.path == "" {
			continue
		}
		if file.flag != "output" { // checkDestination has checked that one
			if err := localfile.Check(file.path); err != nil {
				return in.invalid(file.flag, file.path, err)
			}
		}
		if plan.Output != nil && plan.Output.Stdout && localfile.Same(file.path, "/dev/stdout") {
			return cli.Usagef("%s and %s contradict each other: stdout carries the output", in.source(file.flag), in.source("output")).
				WithHint("give one of them another file")
		}
		for _, other := range all[:i] {
			if other.path != "" && localfile.Same(file.path, other.path) {
				return cli.Usagef("%s and %s name the same file", in.source(other.flag), in.source(file.flag)).WithHint("give one of them another file")
			}
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
	if out.Type == build.OutputLocal {
		_, err := localfile.CheckDirectory(out.Dest)
		return err
	}
	toTerminal := out.Stdout && in.proc.IsTerminal(in.proc.Streams.Out)
	if !out.Stdout {
		if err := localfile.Check(out.Dest); err != nil {
			return err
		}
		toTerminal = localfile.IsTerminal(out.Dest)
	}
	if toTerminal {
		return cli.WithHint(errors.New("refusing to write an archive to a terminal"), "redirect stdout: ... > image.tar")
	}
	return nil
}
