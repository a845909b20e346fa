package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestAppArmorProfileParses has the node's own parser read the profile, as the installer does: without the rule that parsers
// before 4.0 do not know. Nothing is loaded, so no kernel needs to have AppArmor.
func TestAppArmorProfileParses(t *testing.T) {
	profile, err := os.ReadFile(filepath.Join("apparmor", "kubectl-img"))
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^ *userns,$`).ReplaceAll(bytes.Replace(profile, []byte("<abi/4.0>"), []byte("<abi/3.0>"), 1), nil)
	if out, err := parse(t, old); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// A parser that takes everything would prove nothing.
	if out, err := parse(t, append(old, "\nprofile broken { mountain, }\n"...)); err == nil {
		t.Errorf("a broken profile was parsed:\n%s", out)
	}
}

func parse(t *testing.T, profile []byte) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--skip-read-cache")
	cmd.Stdin = bytes.NewReader(profile)
	return cmd.CombinedOutput()
}
