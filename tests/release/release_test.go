package release_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestRelease(t *testing.T) {
	t.Run("needs the digest of the builder image", releaseNeedsDigest)
	t.Run("needs release notes", releaseNeedsNotes)
}

func releaseNeedsDigest(t *testing.T) {
	check := root("tools", "release", "check.sh")
	for _, image := range []string{"", "ghcr.io/kubectl-img/builder:1", "ghcr.io/kubectl-img/builder@sha256:12"} {
		if out := fails(t, []string{"BUILDER_IMAGE=" + image}, check, "false"); !strings.Contains(out, "want REPOSITORY@sha256:DIGEST") {
			t.Errorf("%q: %s", image, out)
		}
		output(t, ".", []string{"BUILDER_IMAGE=" + image}, check, "true")
	}
	output(t, ".", []string{"BUILDER_IMAGE=ghcr.io/kubectl-img/builder@sha256:" + strings.Repeat("0123456789abcdef", 4)}, check, "false")
}

func releaseNeedsNotes(t *testing.T) {
	notes := root("tools", "release", "notes.sh")
	if out := fails(t, nil, notes, "99.0.0"); !strings.Contains(out, "CHANGELOG.md has no section") {
		t.Error(out)
	}
	if got := output(t, ".", nil, notes, "Unreleased"); !strings.Contains(got, "### Added") || strings.Contains(got, "\n[Unreleased]: ") {
		t.Errorf("notes:\n%s", got)
	}
}

// fails is the output of a program, which must fail.
func fails(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("%s: %v, want it to fail\n%s", cmd, err, out)
	}
	return string(out)
}
