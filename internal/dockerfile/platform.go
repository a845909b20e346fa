package dockerfile

import (
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Step is a RUN of a Dockerfile. Line is 0 for none.
type Step struct {
	Line     int
	Platform string // as the Dockerfile writes it; empty for the image's
}

// buildPlatform is the variable of the platform that a build runs on.
const buildPlatform = "BUILDPLATFORM"

// TargetStep returns the first step, among the stages that the target needs, whose programs are not for the platform that the build runs on. A
// Dockerfile without such a step builds images for every platform on one node.
func TargetStep(dockerfile []byte, target string, buildArgs []string) (Step, error) {
	w, err := newStageWalker(dockerfile, buildArgs)
	if err != nil {
		return Step{}, err
	}
	w.args = append(w.args, buildPlatform+"="+buildPlatform)
	w.start(target)
	for i, stage := range w.stages {
		platform, own := w.platform(i)
		if !w.seen[i] || own {
			continue
		}
		run := slices.IndexFunc(stage.Commands, func(c instructions.Command) bool { _, is := c.(*instructions.RunCommand); return is })
		if run >= 0 {
			return Step{Line: stage.Commands[run].Location()[0].Start.Line, Platform: platform}, nil
		}
	}
	return Step{}, nil
}

// platform returns that of a stage's programs, and whether the build runs on it. A stage without one has that of the stage it is based on.
func (w *stageWalker) platform(i int) (text string, own bool) {
	stage := w.stages[i]
	if stage.Platform != "" {
		return stage.Platform, w.expand(stage.Platform) == buildPlatform
	}
	if base := w.findStage(w.expand(stage.BaseName), i); base >= 0 {
		return w.platform(base)
	}
	return "", false
}
