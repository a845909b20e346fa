package dockerfile

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// UnusedArgs returns the names of the build arguments that no ARG of the Dockerfile declares, and that neither the engine nor programs know without one.
func UnusedArgs(dockerfile []byte, buildArgs []string) ([]string, error) {
	w, err := newStageWalker(dockerfile, buildArgs)
	if err != nil {
		return nil, err
	}
	declared := w.declared
	for _, stage := range w.stages {
		for _, command := range stage.Commands {
			if arg, ok := command.(*instructions.ArgCommand); ok {
				declared = append(declared, namesOf(*arg)...)
			}
		}
	}
	var unused []string
	for _, pair := range buildArgs {
		name, _, _ := strings.Cut(pair, "=")
		if !isPredefined(name) && !slices.Contains(declared, name) && !slices.Contains(unused, name) {
			unused = append(unused, name)
		}
	}
	return unused, nil
}

// isPredefined reports whether a build argument has an effect without an ARG.
func isPredefined(name string) bool {
	return strings.HasPrefix(name, "BUILDKIT_") || name == "SOURCE_DATE_EPOCH" ||
		slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}, strings.ToUpper(name))
}
