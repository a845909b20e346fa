package buildflags

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/dockerfile"
)

// readPlatform returns the platforms as the engine writes them, and narrows the node selector to nodes that run it, if it is one.
func readPlatform(in *input, values []string, selector map[string]string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	value := strings.Join(values, ",")
	var all []string
	arch := ""
	for part := range strings.SplitSeq(value, ",") {
		platform, err := parsePlatform(part)
		if err != nil {
			return "", in.invalid("platform", value, err)
		}
		arch = platform.Architecture
		if text := platforms.Format(platform); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) == 1 {
		if chosen, ok := selector[corev1.LabelArchStable]; ok && chosen != arch {
			return "", cli.Usagef("%s wants %s=%s and %s wants %s", in.source("node-selector"), corev1.LabelArchStable, chosen, in.source("platform"), arch)
		}
		selector[corev1.LabelOSStable] = string(corev1.Linux)
		selector[corev1.LabelArchStable] = arch
	}
	return strings.Join(all, ","), nil
}

// checkPlatforms rejects several platforms where the pod can't build for all of them: it runs on one node, and runs only that node's programs.
func (f *imageFlags) checkPlatforms(plan *build.Plan) error {
	if !plan.Build.ManyPlatforms() {
		return nil
	}
	const apart = "one build for each platform, with a tag of its own"
	flag := f.source("platform")
	if plan.Output != nil && plan.Output.Type == build.OutputDocker {
		return cli.Usagef("%s names several platforms, and an archive of type docker holds one image", flag).WithHint("type=oci")
	}
	text := plan.Source.Dockerfile()
	if text == nil {
		return cli.Usagef("%s names several platforms, and only a Dockerfile on this machine can be checked for steps of other platforms than the node's", flag).WithHint(apart)
	}
	step, err := dockerfile.TargetStep(text, plan.Build.Target, plan.Build.BuildArgs)
	if err != nil {
		return cli.Usagef("%w", err)
	}
	if step.Line == 0 {
		return nil
	}
	platform := "each of them"
	if step.Platform != "" {
		platform = cli.OneLine(step.Platform)
	}
	return cli.Usagef("%s names several platforms, and line %d of the Dockerfile runs programs of %s: a builder pod runs those of its node only", flag, step.Line, platform).
		WithHint("FROM --platform=$BUILDPLATFORM in the stage, if it cross-compiles; else " + apart)
}

// parsePlatform reads one linux/ARCH[/VARIANT].
func parsePlatform(value string) (platforms.Platform, error) {
	var none platforms.Platform
	platform, err := platforms.Parse(value)
	known := build.Abilities().Architectures
	switch {
	case err != nil || !strings.Contains(value, "/"): // the library would take this machine's architecture
		return none, errors.New("want OS/ARCH[/VARIANT], for example linux/arm64")
	case platform.OS != "linux":
		return none, errors.New("images are built on linux for linux")
	case !slices.Contains(known, platform.Architecture):
		return none, fmt.Errorf("unknown architecture %q: want one of %s", platform.Architecture, strings.Join(known, ", "))
	}
	return platform, nil
}
