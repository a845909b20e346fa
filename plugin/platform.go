package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// readPlatform returns the platform as the engine writes it and narrows the node selector to nodes that run it.
func (o *buildFlags) readPlatform(selector map[string]string) (string, error) {
	if len(o.platforms) == 0 {
		return "", nil
	}
	value := strings.Join(o.platforms, ",")
	arch, variant, err := parsePlatform(value)
	if err != nil {
		return "", o.invalid("platform", value, err)
	}
	if chosen, ok := selector[corev1.LabelArchStable]; ok && chosen != arch {
		return "", usagef("%s wants %s=%s and %s wants %s", o.source("node-selector"), corev1.LabelArchStable, chosen, o.source("platform"), arch)
	}
	selector[corev1.LabelOSStable] = string(corev1.Linux)
	selector[corev1.LabelArchStable] = arch
	return strings.Join(slices.DeleteFunc([]string{"linux", arch, variant}, func(s string) bool { return s == "" }), "/"), nil
}

// parsePlatform reads one linux/ARCH[/VARIANT].
func parsePlatform(value string) (arch, variant string, err error) {
	if strings.Contains(value, ",") {
		return "", "", withHint(errors.New("a builder pod runs on one node and builds for one platform"), "one build for each platform, with a tag of its own")
	}
	parts := strings.Split(strings.ToLower(value), "/")
	if len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") {
		return "", "", errors.New("want OS/ARCH[/VARIANT], for example linux/arm64")
	}
	if parts[0] != "linux" {
		return "", "", errors.New("images are built on linux for linux")
	}
	arch = normalArch(parts[1])
	if !slices.Contains(architectures(), arch) {
		return "", "", fmt.Errorf("unknown architecture %q: want one of %s", parts[1], strings.Join(architectures(), ", "))
	}
	if len(parts) == 3 {
		variant = parts[2]
	}
	return arch, variant, nil
}

// architectures are those that the engine knows.
func architectures() []string {
	return []string{"386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"}
}

// normalArch knows what `uname -m` prints; a node's label has Go's name.
func normalArch(arch string) string {
	switch arch {
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64":
		return "arm64"
	default:
		return arch
	}
}
