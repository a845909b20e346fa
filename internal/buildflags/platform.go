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
)

// readPlatform returns the platform as the engine writes it, and narrows the node selector to nodes that run it.
func readPlatform(in *input, values []string, selector map[string]string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	value := strings.Join(values, ",")
	platform, err := parsePlatform(value)
	if err != nil {
		return "", in.invalid("platform", value, err)
	}
	arch := platform.Architecture
	if chosen, ok := selector[corev1.LabelArchStable]; ok && chosen != arch {
		return "", cli.Usagef("%s wants %s=%s and %s wants %s", in.source("node-selector"), corev1.LabelArchStable, chosen, in.source("platform"), arch)
	}
	selector[corev1.LabelOSStable] = string(corev1.Linux)
	selector[corev1.LabelArchStable] = arch
	return platforms.Format(platform), nil
}

// parsePlatform reads one linux/ARCH[/VARIANT].
func parsePlatform(value string) (platforms.Platform, error) {
	var none platforms.Platform
	if strings.Contains(value, ",") {
		return none, cli.WithHint(errors.New("a builder pod runs on one node and builds for one platform"), "one build for each platform, with a tag of its own")
	}
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
