package release_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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

// TestVulnerabilities expects that the script fails for code that reaches GO-2021-0113, unless there is an exception with a reason, and for an
// exception that is not needed.
func TestVulnerabilities(t *testing.T) {
	module, exceptions := t.TempDir(), filepath.Join(t.TempDir(), "exceptions")
	files := map[string]string{
		"go.mod":  "module example.com/old\n\ngo 1.26\n\nrequire golang.org/x/text v0.3.5\n",
		"main.go": "package main\n\nimport \"golang.org/x/text/language\"\n\nfunc main() { _, _, _ = language.ParseAcceptLanguage(\"en\") }\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	output(t, module, nil, "go", "mod", "tidy")
	const known, other, stale = "GO-2021-0113", "GO-2022-1059", "GO-2020-0015"
	for _, tc := range []struct{ name, exceptions, want string }{
		{"no exception", "", known + " is reached by our code"},
		{"exception without a reason", known + "\n" + other + " x\n", known + " is excepted without a reason"},
		{"exception that is not needed", known + " x\n" + other + " x\n" + stale + " x\n", stale + " is excepted and not found any more"},
		{"exception with a reason", known + " of no use to anybody\n" + other + " the same\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(exceptions, []byte("# header\n"+tc.exceptions), 0o644); err != nil {
				t.Fatal(err)
			}
			script := root("tools", "vulncheck.sh")
			if tc.want == "" {
				output(t, ".", nil, script, module, exceptions)
				return
			}
			if out := fails(t, nil, script, module, exceptions); !strings.Contains(out, tc.want) {
				t.Errorf("lacks %q:\n%s", tc.want, out)
			}
		})
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
