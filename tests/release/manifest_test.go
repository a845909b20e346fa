package release_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestManifest has krew's own validator judge the manifest, and krew itself install the archive by it.
func TestManifest(t *testing.T) {
	manifest := root("dist", "img.yaml")
	output(t, ".", nil, tool(t, "krew", "validate-krew-manifest"), "-skip-install", "-manifest", manifest)

	home := t.TempDir()
	archive := root("dist", archiveName(about(t).Version, runtime.GOOS, runtime.GOARCH))
	env := []string{"KREW_ROOT=" + home, "KREW_NO_UPGRADE_CHECK=1"}
	output(t, ".", env, tool(t, "krew", "krew"), "install", "--manifest", manifest, "--archive", archive)
	if got := output(t, ".", nil, filepath.Join(home, "bin", "kubectl-img"), "version", "--client"); !strings.Contains(got, about(t).Version) {
		t.Errorf("krew installed %q, want version %s", got, about(t).Version)
	}
}

// TestValidatorRefuses shows that the validator looks: a manifest of an unknown version of krew's format does not pass.
func TestValidatorRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "img.yaml")
	text := strings.Replace(string(read(t, root("dist", "img.yaml"))), "/v1alpha2", "/v1alpha9", 1)
	if err := os.WriteFile(broken, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if refused(t, nil, tool(t, "krew", "validate-krew-manifest"), "-skip-install", "-manifest", broken) == "" {
		t.Error("refused without a word")
	}
}

// tool is the path of a program that a module below tools pins.
func tool(t *testing.T, module, command string) string {
	t.Helper()
	return strings.TrimSpace(output(t, root(), nil, "tools/tool.sh", module, command))
}
