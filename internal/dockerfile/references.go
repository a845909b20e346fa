// Package dockerfile reads what a build has to know of a Dockerfile before the engine reads it.
package dockerfile

import "github.com/moby/buildkit/frontend/dockerfile/parser"

// References returns the images that a build of the Dockerfile's target pulls: those of FROM, COPY --from and RUN --mount=from= in the
// stages that the target needs, and the frontend of # syntax=. An empty target is the last stage.
func References(dockerfile []byte, target string, buildArgs []string) ([]string, error) {
	var refs []string
	if syntax, _, _, ok := parser.DetectSyntax(dockerfile); ok {
		refs = append(refs, syntax)
	}
	w, err := newStageWalker(dockerfile, buildArgs)
	if err != nil {
		return refs, err
	}
	w.refs = refs
	w.start(target)
	return w.refs, nil
}
