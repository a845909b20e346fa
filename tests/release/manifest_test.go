package release_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// TestManifest uses krew and its validator of manifests.
func TestManifest(t *testing.T) {
	t.Run("krew installs the archive", manifestInstalls)
	t.Run("validator rejects a version of the format that does not exist", manifestRejected)
}

func manifestInstalls(t *testing.T) {
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

// manifestRejected proves that the validator reads the manifest.
func manifestRejected(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "img.yaml")
	text := strings.Replace(string(read(t, root("dist", "img.yaml"))), "/v1alpha2", "/v1alpha9", 1)
	if err := os.WriteFile(broken, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if fails(t, nil, tool(t, "krew", "validate-krew-manifest"), "-skip-install", "-manifest", broken) == "" {
		t.Error("the validator prints no error")
	}
}

// tool is the path of a program that a module below tools pins.
func tool(t *testing.T, module, command string) string {
	t.Helper()
	path, err := program.Tool(t.Context(), root(), module, command)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
