package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestAppArmorProfile parses the profile with this machine's apparmor_parser. It removes what parsers before 4.0 do not know, as the
// installer does. Nothing is loaded, so the kernel needs no AppArmor.
func TestAppArmorProfile(t *testing.T) {
	profile, err := os.ReadFile(filepath.Join("apparmor", "kubectl-img"))
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^ *userns,$`).ReplaceAll(bytes.Replace(profile, []byte("<abi/4.0>"), []byte("<abi/3.0>"), 1), nil)
	if out, err := parse(t, old); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// The parser must also reject something, or the test proves nothing.
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
